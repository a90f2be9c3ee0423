/* Where the other servers of a service are, as one of them knows it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "rpc/peers.h"

enum { RPC_PLACES_MAX = RPC_INSTANCES_MAX - 1, RPC_PLACE_SIZE = 128 };

typedef struct places {
    size_t n;
    char endpoint[RPC_PLACES_MAX][RPC_PLACE_SIZE];
} places;

/* True when they are not what they were. What is no endpoint is left out, and so is what comes after the last place. */
bool places_set(places *p, const char *const *endpoints, size_t n);

/* Where the other servers of a service are, as one of them knows it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "rpc/keys.h"
#include "rpc/peers.h"

enum { RPC_PLACES_MAX = RPC_INSTANCES_MAX - 1, RPC_PLACE_SIZE = 128 };

typedef struct rpc_place {
    char endpoint[RPC_PLACE_SIZE];
    char public_key[RPC_KEY_TEXT_SIZE];
} rpc_place;

typedef struct places {
    size_t n;
    rpc_place at[RPC_PLACES_MAX];
} places;

/* Adds one, unless it is no endpoint, or no key, or there is no room. */
void places_add(places *p, const char *endpoint, const char *public_key);
/* Makes `p` what `now` is; false when it was that already. */
bool places_change(places *p, const places *now);

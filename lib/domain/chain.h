/* The last entry of every object seen so far, while a log is read from its beginning. */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "domain/leaf.h"
#include "domain/merkle.h"

enum { CHAIN_OBJECTS_MAX = 1 << 24 };

typedef struct chain_link {
    uint8_t key[16]; /* of site, type and id */
    uint64_t index;
    int32_t version; /* 0: no entry yet */
    merkle_hash hash;
} chain_link;

typedef struct chain_map chain_map;

/* Freed with the arena. */
chain_map *chain_new(arena *mem);
/* The object's place in the map, for reading and overwriting; NULL for one object more than CHAIN_OBJECTS_MAX. It is
 * valid until the next call. */
chain_link *chain_find(chain_map *map, const leaf *entry);

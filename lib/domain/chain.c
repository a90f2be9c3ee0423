#include "domain/chain.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 1 << 12 };

/* Open addressing, at most half full; an empty slot has the version 0 and a zero key. */
struct chain_map {
    chain_link *slots;
    size_t room; /* a power of two */
    size_t n;
};

static chain_link *slots_new(size_t room) {
    chain_link *slots = calloc(room, sizeof(*slots));
    assert(slots && "out of memory");
    return slots;
}

static void release(void *object) {
    free(((chain_map *) object)->slots);
}

chain_map *chain_new(arena *mem) {
    chain_map *map = arena_alloc(mem, sizeof(*map));
    *map = (chain_map){ .slots = slots_new(ROOM_FIRST), .room = ROOM_FIRST };
    arena_defer(mem, release, map);
    return map;
}

static void key_of(const leaf *entry, uint8_t ret_key[16]) {
    uint8_t digest[SHA256_SIZE];
    sha256_stream s;
    sha256_init(&s);
    sha256_update(&s, &entry->site_id, sizeof(entry->site_id));
    sha256_update(&s, entry->object_type, strlen(entry->object_type) + 1);
    sha256_update(&s, entry->object_id, strlen(entry->object_id));
    sha256_final(&s, digest);
    memcpy(ret_key, digest, 16);
}

/* The key is a digest: its first bytes spread well. */
static chain_link *slot_of(const chain_map *map, const uint8_t key[16]) {
    static const uint8_t none[16];
    uint64_t at;
    memcpy(&at, key, sizeof(at));
    for (;; at++) {
        chain_link *slot = &map->slots[at & (map->room - 1)];
        if (memcmp(slot->key, key, 16) == 0 || memcmp(slot->key, none, 16) == 0)
            return slot;
    }
}

static void grow(chain_map *map) {
    chain_map wider = { .slots = slots_new(2 * map->room), .room = 2 * map->room, .n = map->n };
    static const uint8_t none[16];
    for (size_t i = 0; i < map->room; i++)
        if (memcmp(map->slots[i].key, none, 16) != 0)
            *slot_of(&wider, map->slots[i].key) = map->slots[i];
    free(map->slots);
    *map = wider;
}

chain_link *chain_find(chain_map *map, const leaf *entry) {
    uint8_t key[16];
    key_of(entry, key);
    if (2 * map->n >= map->room)
        grow(map);
    chain_link *slot = slot_of(map, key);
    if (memcmp(slot->key, key, 16) == 0)
        return slot;
    if (map->n == CHAIN_OBJECTS_MAX)
        return NULL;
    memcpy(slot->key, key, 16);
    map->n++;
    return slot;
}

/* UUIDs: version 7 (RFC 9562) for commands, derived ones for what a command creates. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

enum { UUID_SIZE = 16, UUID_TEXT_SIZE = 37 };

typedef struct uuid {
    uint8_t b[UUID_SIZE];
} uuid;

/* A new version-7 UUID that carries now_ms. */
uuid uuid_v7(int64_t now_ms);
/* The same parent and name always give the same UUID (version 8: SHA-256 of both, cut). */
uuid uuid_derive(uuid parent, const char *name);
/* Reads the 36-character form, either case; false for anything else. */
bool uuid_parse(const char *text, uuid *ret_id);
/* The 36-character lower-case form. */
char *uuid_text(arena *mem, uuid id);
bool uuid_is_v7(uuid id);
/* Milliseconds since 1970 that a version-7 UUID carries. */
int64_t uuid_ms(uuid id);

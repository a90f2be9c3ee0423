/* The bytes of an audit entry: what is hashed, never re-encoded.
 *
 * leaf = body || previous leaf hash of the same object (32 bytes, zero before version 1)
 * body = "bihuan-audit/1\0", then every field of `leaf` in order: integers big-endian of fixed size, texts as
 *        u16 length and bytes. The leaf hash is SHA-256(0x00 || leaf) as in RFC 6962 section 2.1. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/uuid.h"

typedef struct leaf {
    int32_t site_id;
    const char *object_type; /* task, report, target, import, unit, user, evidence, session, lockout */
    const char *object_id;   /* UUID text, decimal number or digest/unit */
    int32_t version;         /* of the object after the effect */
    const char *action;      /* name of the move or command */
    int32_t user_id;
    int32_t unit_id;
    int32_t post;
    int32_t leader_id;
    int64_t time_ms; /* the service's clock, ms since 1970 UTC */
    uuid request_id;
    uint8_t fingerprint[SHA256_SIZE]; /* of method, person, post and payload */
    const char *note;                 /* digests of evidence and what else the entry must pin; may be ""; bounded by
                                         the commands so that a leaf stays below 4096 bytes (audit.pending) */
} leaf;

/* The body; its size in *ret_n. */
uint8_t *leaf_body(arena *mem, const leaf *entry, size_t *ret_n);
/* Reads a whole leaf (with its previous hash); false when it is not one. Texts are copied into the arena. */
bool leaf_parse(arena *mem, const uint8_t *bytes, size_t n, leaf *ret_entry, uint8_t ret_previous[SHA256_SIZE]);
/* SHA-256(0x00 || bytes). */
void leaf_hash(const uint8_t *bytes, size_t n, uint8_t ret_hash[SHA256_SIZE]);

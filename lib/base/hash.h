/* Digests, randomness, hex: the only door to libsodium's primitives besides secret.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { SHA256_SIZE = 32 };

/* SHA-256 (FIPS 180-4) of one byte string. */
void sha256(const void *bytes, size_t n, uint8_t ret_digest[SHA256_SIZE]);

/* SHA-256 over parts; opaque, in the caller's storage. */
typedef struct sha256_stream {
    _Alignas(16) unsigned char state[128];
} sha256_stream;
void sha256_init(sha256_stream *s);
void sha256_update(sha256_stream *s, const void *bytes, size_t n);
void sha256_final(sha256_stream *s, uint8_t ret_digest[SHA256_SIZE]);

/* Lower-case hex in the arena; hex_parse wants exactly 2 * n digits. */
char *hex(arena *mem, const void *bytes, size_t n);
bool hex_parse(const char *text, uint8_t *ret_bytes, size_t n);

/* n bytes from the operating system's generator. */
void random_bytes(void *ret_bytes, size_t n);
/* A fresh trace id: 32 hex digits (W3C trace context). */
char *trace_id_new(arena *mem);

#include "base/hash.h"

#include <sodium.h>
#include <string.h>

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(sha256_stream), "sha256_stream is too small");

void sha256(const void *bytes, size_t n, uint8_t ret_digest[SHA256_SIZE]) {
    crypto_hash_sha256(ret_digest, bytes, n);
}

void sha256_init(sha256_stream *s) {
    crypto_hash_sha256_init((crypto_hash_sha256_state *) (void *) s);
}

void sha256_update(sha256_stream *s, const void *bytes, size_t n) {
    crypto_hash_sha256_update((crypto_hash_sha256_state *) (void *) s, bytes, n);
}

void sha256_final(sha256_stream *s, uint8_t ret_digest[SHA256_SIZE]) {
    crypto_hash_sha256_final((crypto_hash_sha256_state *) (void *) s, ret_digest);
}

char *hex(arena *mem, const void *bytes, size_t n) {
    char *text = arena_alloc(mem, 2 * n + 1);
    return sodium_bin2hex(text, 2 * n + 1, bytes, n);
}

bool hex_parse(const char *text, uint8_t *ret_bytes, size_t n) {
    size_t written = 0;
    return strlen(text) == 2 * n && sodium_hex2bin(ret_bytes, n, text, 2 * n, NULL, &written, NULL) == 0 &&
           written == n;
}

void random_bytes(void *ret_bytes, size_t n) {
    randombytes_buf(ret_bytes, n);
}

char *trace_id_new(arena *mem) {
    uint8_t bytes[16];
    random_bytes(bytes, sizeof(bytes));
    return hex(mem, bytes, sizeof(bytes));
}

#include "base/secret.h"

#include <sodium.h>
#include <string.h>

#include "base/hash.h"

char *password_hash(arena *mem, const char *password) {
    char *stored = arena_alloc(mem, crypto_pwhash_STRBYTES);
    int failed = crypto_pwhash_str(stored, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                   crypto_pwhash_MEMLIMIT_INTERACTIVE);
    return failed ? NULL : stored;
}

bool password_matches(const char *stored, const char *password) {
    return crypto_pwhash_str_verify(stored, password, strlen(password)) == 0;
}

char *token_new(arena *mem) {
    enum {
        TOKEN_SIZE = 32,
        TEXT_SIZE = sodium_base64_ENCODED_LEN(TOKEN_SIZE, sodium_base64_VARIANT_URLSAFE_NO_PADDING)
    };
    uint8_t bytes[TOKEN_SIZE];
    random_bytes(bytes, sizeof(bytes));
    char *text = arena_alloc(mem, TEXT_SIZE);
    return sodium_bin2base64(text, TEXT_SIZE, bytes, sizeof(bytes), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool secret_equals(const void *a, const void *b, size_t n) {
    return sodium_memcmp(a, b, n) == 0;
}

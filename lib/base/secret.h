/* Passwords and tokens (libsodium). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* The argon2id string to store for a password (64 MiB, 2 passes); NULL when memory is short. */
char *password_hash(arena *mem, const char *password);
/* True when the password matches the stored string; takes as long either way. */
bool password_matches(const char *stored, const char *password);
/* A random token of 256 bits, base64url without padding: sessions, first passwords. */
char *token_new(arena *mem);
/* Comparison in constant time. */
bool secret_equals(const void *a, const void *b, size_t n);

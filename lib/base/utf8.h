/* UTF-8 (RFC 3629): validation and decoding. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* True for well-formed UTF-8 without NUL, overlong forms or surrogates. */
bool utf8_is_valid(const char *text, size_t n);
/* Decodes the character at *cursor (valid UTF-8, before end) and moves the cursor behind it. */
uint32_t utf8_next(const char **cursor, const char *end);
/* Characters in a valid string. */
size_t utf8_length(const char *text, size_t n);
/* The text itself, or a copy of its first characters that take at most n bytes. */
char *utf8_clip(arena *mem, const char *text, size_t n);
/* The text itself, or a copy with U+FFFD in place of every byte that is not UTF-8. */
char *utf8_repair(arena *mem, const char *text);

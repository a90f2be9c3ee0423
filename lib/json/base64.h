/* Base64 (RFC 4648): the standard alphabet out, both alphabets in. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Appends n bytes as base64; Connect's error details leave the padding out. */
void base64_add(buf *out, const void *bytes, size_t n, bool is_padded);
/* Reads either alphabet with or without padding; false for anything else, also when the arena is full. */
bool base64_parse(arena *mem, const char *text, uint8_t **ret_bytes, size_t *ret_size);

/* A growing byte string inside an arena. */
#pragma once

#include <stddef.h>

#include "base/arena.h"

typedef struct buf {
    arena *mem;
    char *s; /* always NUL-terminated, never NULL after buf_init */
    size_t n;
    size_t room;
} buf;

void buf_init(buf *b, arena *mem);
void buf_add(buf *b, const void *bytes, size_t n);
void buf_adds(buf *b, const char *text);
void buf_addc(buf *b, char c);
PRINTF(2, 3) void buf_addf(buf *b, const char *format, ...);

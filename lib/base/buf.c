#include "base/buf.h"

#include <string.h>

void buf_init(buf *b, arena *mem) {
    enum { FIRST_ROOM = 64 };
    *b = (buf){ .mem = mem, .s = arena_alloc(mem, FIRST_ROOM), .room = FIRST_ROOM };
}

static void reserve(buf *b, size_t more) {
    if (b->room - b->n > more)
        return;
    size_t room = b->room * 2 > b->n + more + 1 ? b->room * 2 : b->n + more + 1;
    char *s = arena_alloc(b->mem, room);
    memcpy(s, b->s, b->n);
    b->s = s;
    b->room = room;
}

void buf_add(buf *b, const void *bytes, size_t n) {
    if (!n)
        return;
    reserve(b, n);
    memcpy(b->s + b->n, bytes, n);
    b->n += n;
    b->s[b->n] = '\0';
}

void buf_adds(buf *b, const char *text) {
    buf_add(b, text, strlen(text));
}

void buf_addc(buf *b, char c) {
    buf_add(b, &c, 1);
}

void buf_addf(buf *b, const char *format, ...) {
    va_list args;
    va_start(args, format);
    buf_adds(b, arena_vprintf(b->mem, format, args));
    va_end(args);
}

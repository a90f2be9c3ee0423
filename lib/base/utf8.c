#include "base/utf8.h"

#include <string.h>

#include "base/buf.h"

/* The lead byte decides length and smallest code point. */
typedef struct lead {
    unsigned char mask, bits;
    int follow;
    uint32_t least;
} lead;

static const lead leads[] = {
    { 0x80, 0x00, 0, 1 }, /* least 1: NUL is refused */
    { 0xe0, 0xc0, 1, 0x80 },
    { 0xf0, 0xe0, 2, 0x800 },
    { 0xf8, 0xf0, 3, 0x10000 },
};

static const lead *lead_of(unsigned char byte) {
    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++)
        if ((byte & leads[i].mask) == leads[i].bits)
            return &leads[i];
    return NULL;
}

/* One character at p; its length, or 0 when it is malformed. */
static size_t decode(const unsigned char *p, size_t room, uint32_t *ret_character) {
    const lead *l = room ? lead_of(p[0]) : NULL;
    if (!l || room < (size_t) l->follow + 1)
        return 0;
    uint32_t character = p[0] & (unsigned char) ~l->mask;
    for (int i = 1; i <= l->follow; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        character = character << 6 | (p[i] & 0x3f);
    }
    if (character < l->least || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
        return 0;
    *ret_character = character;
    return (size_t) l->follow + 1;
}

/* Eight characters of ASCII, none of them NUL: the subtraction borrows from the top bit of a byte that is 0. */
static bool is_plain(const char *text) {
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    uint64_t bytes;
    memcpy(&bytes, text, sizeof(bytes));
    return !((bytes | (bytes - ones)) & tops);
}

bool utf8_is_valid(const char *text, size_t n) {
    uint32_t character;
    for (size_t i = 0, step; i < n; i += step) {
        bool plain = n - i >= sizeof(uint64_t) && is_plain(text + i);
        step = plain ? sizeof(uint64_t) : decode((const unsigned char *) text + i, n - i, &character);
        if (step == 0)
            return false;
    }
    return true;
}

uint32_t utf8_next(const char **cursor, const char *end) {
    uint32_t character = 0;
    size_t step = decode((const unsigned char *) *cursor, (size_t) (end - *cursor), &character);
    *cursor += step ? step : 1;
    return character;
}

size_t utf8_length(const char *text, size_t n) {
    size_t count = 0;
    for (const char *p = text; p < text + n; count++)
        utf8_next(&p, text + n);
    return count;
}

char *utf8_clip(arena *mem, const char *text, size_t n) {
    if (strlen(text) <= n)
        return (char *) (uintptr_t) text;
    while (n > 0 && ((unsigned char) text[n] & 0xc0) == 0x80)
        n--;
    return arena_strndup(mem, text, n);
}

char *utf8_repair(arena *mem, const char *text) {
    size_t n = strlen(text);
    if (utf8_is_valid(text, n))
        return (char *) (uintptr_t) text;
    buf out;
    buf_init(&out, mem);
    for (const char *p = text, *start = p; p < text + n; start = p) {
        if (utf8_next(&p, text + n))
            buf_add(&out, start, (size_t) (p - start));
        else
            buf_adds(&out, "\xef\xbf\xbd");
    }
    return out.s;
}

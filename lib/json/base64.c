#include "json/base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_add(buf *out, const void *bytes, size_t n, bool is_padded) {
    const uint8_t *p = bytes;
    for (size_t i = 0; i < n; i += 3) {
        size_t have = n - i < 3 ? n - i : 3;
        uint32_t group = (uint32_t) p[i] << 16;
        group |= have > 1 ? (uint32_t) p[i + 1] << 8 : 0;
        group |= have > 2 ? p[i + 2] : 0;
        char four[4] = { alphabet[group >> 18], alphabet[group >> 12 & 63], alphabet[group >> 6 & 63],
                         alphabet[group & 63] };
        memset(four + have + 1, '=', 3 - have);
        buf_add(out, four, is_padded ? 4 : have + 1);
    }
}

/* The 6 bits of a character of either alphabet, or -1. */
static int digit_of(char c) {
    if (c == '-')
        c = '+';
    if (c == '_')
        c = '/';
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int) (at - alphabet) : -1;
}

bool base64_parse(arena *mem, const char *text, uint8_t **ret_bytes, size_t *ret_size) {
    size_t n = strlen(text);
    if (n % 4 == 0)
        for (int pads = 0; pads < 2 && n && text[n - 1] == '='; pads++)
            n--;
    uint8_t *bytes = n % 4 == 1 ? NULL : arena_try_alloc(mem, n / 4 * 3 + 3);
    if (!bytes)
        return false;
    size_t size = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < n; i++) {
        int digit = digit_of(text[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t) digit;
        if (i % 4)
            bytes[size++] = (uint8_t) (bits >> (6 - i % 4 * 2));
    }
    *ret_bytes = bytes;
    *ret_size = size;
    return true;
}

#include "query.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/utf8.h"

static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

static const char *decode(arena *mem, const char *text, size_t n) {
    buf out;
    buf_init(&out, mem);
    for (size_t i = 0; i < n; i++) {
        uint8_t byte = (uint8_t) text[i];
        if (byte == '%') {
            char digits[3] = { i + 1 < n ? text[i + 1] : '\0', i + 2 < n ? text[i + 2] : '\0', '\0' };
            if (!hex_parse(digits, &byte, 1))
                return NULL;
            i += 2;
        }
        buf_addc(&out, byte == '+' && text[i] == '+' ? ' ' : (char) byte);
    }
    return utf8_is_valid(out.s, out.n) ? out.s : NULL;
}

const char *query_value(arena *mem, const char *query, const char *name) {
    size_t name_size = strlen(name);
    for (const char *p = query; *p;) {
        size_t n = strcspn(p, "&");
        if (n > name_size && strncmp(p, name, name_size) == 0 && p[name_size] == '=')
            return decode(mem, p + name_size + 1, n - name_size - 1);
        p += n + (p[n] == '&');
    }
    return "";
}

char *query_escape(arena *mem, const char *text) {
    buf out;
    buf_init(&out, mem);
    for (const char *p = text; *p; p++) {
        if (strchr(unreserved, *p))
            buf_addc(&out, *p);
        else
            buf_addf(&out, "%%%02X", (unsigned) (uint8_t) *p);
    }
    return out.s;
}

bool query_is_plain(const char *text) {
    for (const unsigned char *p = (const unsigned char *) text; *p; p++)
        if (*p < 0x20 || *p == 0x7f)
            return false;
    return true;
}

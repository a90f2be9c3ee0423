#include "width.h"

#include <string.h>
#include <utf8proc.h>

#include "base/buf.h"
#include "base/utf8.h"

static size_t width_of_character(uint32_t character) {
    int width = utf8proc_charwidth((utf8proc_int32_t) character);
    return width > 0 ? (size_t) width : 0;
}

size_t width_of(const char *text) {
    const char *end = text + strlen(text);
    size_t width = 0;
    for (const char *p = text; p < end;)
        width += width_of_character(utf8_next(&p, end));
    return width;
}

/* C0 and C1 controls, and the marks that turn the direction of writing: a terminal must not obey a text. */
static bool is_control(uint32_t character) {
    return character < 0x20 || (character >= 0x7f && character < 0xa0) ||
           (character >= 0x202a && character <= 0x202e) || (character >= 0x2066 && character <= 0x2069);
}

char *width_clean(arena *mem, const char *text) {
    const char *end = text + strlen(text);
    buf out;
    buf_init(&out, mem);
    for (const char *p = text; p < end;) {
        const char *start = p;
        uint32_t character = utf8_next(&p, end);
        if (character == 0)
            buf_adds(&out, "\xef\xbf\xbd");
        else if (is_control(character))
            buf_addc(&out, ' ');
        else
            buf_add(&out, start, (size_t) (p - start));
    }
    return out.s;
}

char *width_cut(arena *mem, const char *text, size_t columns) {
    if (width_of(text) <= columns)
        return arena_strdup(mem, text);
    const char *end = text + strlen(text), *p = text;
    size_t width = 0;
    while (p < end) {
        const char *next = p;
        width += width_of_character(utf8_next(&next, end));
        if (width + 1 > columns)
            break;
        p = next;
    }
    return arena_printf(mem, "%.*s…", (int) (p - text), text);
}

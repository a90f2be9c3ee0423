#include "import/fold.h"

#include <string.h>

#include "base/utf8.h"

typedef struct folding {
    uint32_t from, to;
} folding;

/* What the full-width block below does not cover; to 0 drops the character. */
static const folding foldings[] = {
    { ' ', 0 },        { '\t', 0 },       { '\r', 0 },       { '\n', 0 },       { '\f', 0 },       { '\v', 0 },
    { 0x3000, 0 },     { 0x00a0, 0 },     { 0x200b, 0 },     { 0xfeff, 0 },     { 0x2002, 0 },     { 0x2003, 0 },
    { '(', U'（' },    { ')', U'）' },    { '[', U'（' },    { ']', U'）' },    { U'〔', U'（' },  { U'〕', U'）' },
    { U'【', U'（' },  { U'】', U'）' },  { U'［', U'（' },  { U'］', U'）' },  { U'（', U'（' },  { U'）', U'）' },
    { ',', U'，' },    { U'，', U'，' },  { 0xfe50, U'，' }, { ':', U'：' },    { U'：', U'：' },  { 0x2236, U'：' },
    { 0xfe55, U'：' }, { ';', U'；' },    { U'；', U'；' },  { 0xff64, U'、' }, { 0xfe51, U'、' }, { '!', U'！' },
    { '?', U'？' },    { U'！', U'！' },  { U'？', U'？' },  { 0x2013, U'—' },  { 0x2012, U'—' },  { 0x2015, U'—' },
    { 0x2500, U'—' },  { 0x2212, '-' },   { 0x301c, '~' },   { 0x223c, '~' },   { 0xff0e, '.' },   { 0x2264, U'≤' },
    { 0x2265, U'≥' },  { 0x2028, U'；' },
};

static uint32_t fold_character(uint32_t c) {
    for (size_t i = 0; i < countof(foldings); i++)
        if (foldings[i].from == c)
            return foldings[i].to;
    return c >= 0xff01 && c <= 0xff5e ? c - 0xfee0 : c;
}

static size_t encode(uint32_t c, char out[4]) {
    static const struct {
        uint32_t limit;
        unsigned char lead;
    } forms[] = { { 0x80, 0 }, { 0x800, 0xc0 }, { 0x10000, 0xe0 }, { 0x110000, 0xf0 } };
    size_t follow = 0;
    while (c >= forms[follow].limit)
        follow++;
    for (size_t i = follow; i > 0; i--, c >>= 6)
        out[i] = (char) (0x80 | (c & 0x3f));
    out[0] = (char) (forms[follow].lead | c);
    return follow + 1;
}

static bool is_digit(span text, size_t at) {
    return at < text.n && text.s[at] >= '0' && text.s[at] <= '9';
}

/* 1,700 is one number: a comma between a digit and exactly three digits. */
static bool is_grouping(span text, size_t at) {
    return text.s[at] == ',' && at && is_digit(text, at - 1) && is_digit(text, at + 1) && is_digit(text, at + 2) &&
           is_digit(text, at + 3) && !is_digit(text, at + 4);
}

/* Room that is enough: one ASCII mark becomes three bytes, nothing else grows. */
static size_t folded_room(span printed) {
    static const char growing[] = "()[],:;!?";
    size_t room = printed.n + 1;
    for (size_t i = 0; i < printed.n; i++)
        room += printed.s[i] && strchr(growing, printed.s[i]) ? 2 : 0;
    return room;
}

/* Folds into out; origin may be NULL. Returns the folded length. */
static size_t fold_into(span printed, char *out, uint32_t *origin) {
    size_t n = 0;
    for (const char *p = printed.s, *end = p + printed.n; p < end;) {
        size_t at = (size_t) (p - printed.s);
        uint32_t c = utf8_next(&p, end);
        c = is_grouping(printed, at) ? 0 : fold_character(c);
        size_t step = c ? encode(c, out + n) : 0;
        for (size_t i = 0; origin && i < step; i++)
            origin[n + i] = (uint32_t) at;
        n += step;
    }
    out[n] = '\0';
    return n;
}

span fold(arena *mem, span printed) {
    char *out = arena_alloc(mem, folded_room(printed));
    return (span){ out, fold_into(printed, out, NULL) };
}

folded fold_with_origin(arena *mem, span printed) {
    size_t room = folded_room(printed);
    char *out = arena_alloc(mem, room);
    uint32_t *origin = arena_array(mem, room, sizeof(*origin));
    size_t n = fold_into(printed, out, origin);
    origin[n] = (uint32_t) printed.n;
    return (folded){ .text = { out, n }, .printed = printed, .origin = origin };
}

span fold_printed(const folded *f, size_t a, size_t b) {
    return span_trim(span_cut(f->printed, f->origin[a], f->origin[b]));
}

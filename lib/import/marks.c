#include "import/marks.h"

#include <string.h>

#include "base/utf8.h"

enum { MARK_NUMBER_MAX = 999, NUMERAL_MAX = 99999 };

size_t digits_length(span text) {
    size_t n = 0;
    while (n < text.n && text.s[n] >= '0' && text.s[n] <= '9')
        n++;
    return n;
}

/* The value of one numeral character; 10 and 100 for 十 and 百; -1 for anything else. */
static int numeral_value(uint32_t c) {
    static const struct {
        uint32_t c;
        int value;
    } values[] = {
        { U'〇', 0 }, { U'零', 0 }, { U'一', 1 }, { U'二', 2 }, { U'三', 3 },  { U'四', 4 },   { U'五', 5 },
        { U'六', 6 }, { U'七', 7 }, { U'八', 8 }, { U'九', 9 }, { U'十', 10 }, { U'百', 100 },
    };
    for (size_t i = 0; i < countof(values); i++)
        if (values[i].c == c)
            return values[i].value;
    return -1;
}

static size_t digits_read(span text, int *ret_number) {
    size_t n = digits_length(text);
    int value = 0;
    for (size_t i = 0; i < n; i++)
        value = value < NUMERAL_MAX ? value * 10 + (text.s[i] - '0') : value;
    *ret_number = value;
    return n;
}

/* 十二 is 12, 二十 is 20, 一百零三 is 103, 二〇二五 is 2025. */
static size_t characters_read(span text, int *ret_number) {
    int total = 0, digit = -1;
    size_t n = 0;
    for (const char *p = text.s, *end = p + text.n; p < end; n = (size_t) (p - text.s)) {
        int value = numeral_value(utf8_next(&p, end));
        if (value < 0)
            break;
        if (value >= 10) {
            total += (digit < 0 ? 1 : digit) * value;
            digit = -1;
        } else {
            digit = digit > 0 && digit < NUMERAL_MAX ? digit * 10 + value : value;
        }
    }
    *ret_number = total + (digit > 0 ? digit : 0);
    return n;
}

size_t numeral_read(span text, int *ret_number) {
    size_t n = digits_read(text, ret_number);
    return n ? n : characters_read(text, ret_number);
}

static bool is_year(span text) {
    return digits_length(text) == 4 && strncmp(text.s, "20", 2) == 0 &&
           span_find(span_cut(text, 4, text.n), "年", 0) == 0;
}

/* "1." must not be the head of 1.5; "1.2025年" is item 1. */
static bool is_fraction(span rest) {
    return digits_length(rest) > 0 && !is_year(rest);
}

/* ① ⑴ ⒈ in one character */
static mark circle_read(span text) {
    static const struct {
        uint32_t first;
        mark_kind kind;
    } runs[] = { { U'①', MARK_CIRCLE }, { U'⑴', MARK_DIGITS_BRACKET }, { U'⒈', MARK_DIGITS } };
    enum { RUN = 20 };
    uint32_t c = span_first(text);
    for (size_t i = 0; i < countof(runs); i++)
        if (c >= runs[i].first && c < runs[i].first + RUN)
            return (mark){ .kind = runs[i].kind, .number = (int) (c - runs[i].first) + 1, .n = span_step(text) };
    return (mark){ 0 };
}

/* （一） （1） 1） 一） */
static mark bracketed_read(span text) {
    static const char *const open[] = { "（", NULL };
    static const char *const close[] = { "）、", "）", NULL };
    size_t before = span_starts(text, open);
    int number;
    size_t digits = digits_length(span_from(text, before));
    size_t n = numeral_read(span_from(text, before), &number);
    size_t after = span_starts(span_from(text, before + n), close);
    if (!n || !after)
        return (mark){ 0 };
    return (mark){ .kind = digits ? MARK_DIGITS_BRACKET : MARK_BRACKET, .number = number, .n = before + n + after };
}

static mark plain_read(span text) {
    static const char *const after_number[] = { "、", ".", NULL };
    int number;
    size_t digits = digits_length(text);
    size_t n = numeral_read(text, &number);
    size_t after = span_starts(span_from(text, n), after_number);
    if (!n || !after || (digits && text.s[n] == '.' && is_fraction(span_from(text, n + after))))
        return (mark){ 0 };
    return (mark){ .kind = digits ? MARK_DIGITS : MARK_ORDINAL, .number = number, .n = n + after };
}

/* 第一部分, 第二章 */
static mark part_read(span text) {
    static const char *const before[] = { "第", NULL };
    static const char *const after[] = { "部分", "章", "篇", "板块", NULL };
    size_t start = span_starts(text, before);
    int number;
    size_t n = start ? numeral_read(span_from(text, start), &number) : 0;
    size_t end = n ? span_starts(span_from(text, start + n), after) : 0;
    return end ? (mark){ .kind = MARK_PART, .number = number, .n = start + n + end } : (mark){ 0 };
}

mark mark_read(span text) {
    static mark (*const readers[])(span) = { plain_read, bracketed_read, circle_read, part_read };
    for (size_t i = 0; i < countof(readers); i++) {
        mark m = readers[i](text);
        if (m.kind != MARK_NONE && m.number > 0 && m.number <= MARK_NUMBER_MAX)
            return m;
    }
    return (mark){ 0 };
}

mark mark_read_dotted(span text) {
    static const char *const behind[] = { ".", "、", NULL };
    mark m = { .kind = MARK_DOTTED };
    size_t above = digits_read(text, &m.above);
    if (!above || above + 1 >= text.n || text.s[above] != '.')
        return (mark){ 0 };
    size_t n = digits_read(span_from(text, above + 1), &m.number);
    m.n = above + 1 + n;
    size_t sign = span_starts(span_from(text, m.n), behind);
    m.n += sign;
    m.sure = sign > 0;
    bool deeper = digits_length(span_from(text, m.n)) > 0;
    bool fits = n && m.number > 0 && m.number <= MARK_NUMBER_MAX && m.above > 0 && m.above <= MARK_NUMBER_MAX;
    return fits && !deeper ? m : (mark){ 0 };
}

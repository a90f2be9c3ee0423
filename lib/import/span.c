#include "import/span.h"

#include <string.h>

#include "base/utf8.h"

span span_of(const char *text) {
    return (span){ text, strlen(text) };
}

span span_cut(span text, size_t a, size_t b) {
    return (span){ text.s + a, b - a };
}

span span_from(span text, size_t at) {
    return span_cut(text, at, text.n);
}

static const char *const blanks[] = { " ",      "\t",     "\r",     "\n",     "\f",     "\v",
                                      "\u3000", "\u00a0", "\u200b", "\u2028", "\ufeff", NULL };

span span_trim(span text) {
    for (size_t n; (n = span_starts(text, blanks)) > 0;)
        text = span_from(text, n);
    for (size_t n; (n = span_ends(text, blanks)) > 0;)
        text.n -= n;
    return text;
}

char *span_dup(arena *mem, span text) {
    return arena_strndup(mem, text.s, text.n);
}

char *span_without_blanks(arena *mem, span text) {
    char *out = arena_alloc(mem, text.n + 1);
    size_t n = 0;
    for (size_t at = 0, step; at < text.n; at += step) {
        span here = span_from(text, at);
        size_t blank = span_starts(here, blanks);
        step = blank ? blank : span_step(here);
        memcpy(out + n, here.s, blank ? 0 : step);
        n += blank ? 0 : step;
    }
    return out;
}

bool span_is(span text, const char *word) {
    return span_equal(text, span_of(word));
}

bool span_equal(span a, span b) {
    return a.n == b.n && memcmp(a.s, b.s, a.n) == 0;
}

size_t span_find(span text, const char *word, size_t from) {
    if (from > text.n)
        return SPAN_NONE;
    const char *hit = memmem(text.s + from, text.n - from, word, strlen(word));
    return hit ? (size_t) (hit - text.s) : SPAN_NONE;
}

size_t span_starts(span text, word_table table) {
    size_t best = 0;
    for (; *table; table++) {
        size_t n = strlen(*table);
        if (n > best && n <= text.n && memcmp(text.s, *table, n) == 0)
            best = n;
    }
    return best;
}

size_t span_ends(span text, word_table table) {
    size_t best = 0;
    for (; *table; table++) {
        size_t n = strlen(*table);
        if (n > best && n <= text.n && memcmp(text.s + text.n - n, *table, n) == 0)
            best = n;
    }
    return best;
}

bool span_has(span text, word_table table) {
    for (; *table; table++)
        if (span_find(text, *table, 0) != SPAN_NONE)
            return true;
    return false;
}

bool span_is_any(span text, word_table table) {
    return text.n && span_starts(text, table) == text.n;
}

span span_drop_end(span text, word_table table) {
    text.n -= span_ends(text, table);
    return text;
}

span span_drop_start(span text, word_table table) {
    return span_from(text, span_starts(text, table));
}

uint32_t span_first(span text) {
    const char *cursor = text.s;
    return text.n ? utf8_next(&cursor, text.s + text.n) : 0;
}

uint32_t span_last(span text) {
    size_t at = text.n;
    while (at > 0 && ((unsigned char) text.s[--at] & 0xc0) == 0x80)
        ;
    return span_first(span_from(text, at));
}

size_t span_length(span text) {
    return utf8_length(text.s, text.n);
}

size_t span_step(span text) {
    const char *cursor = text.s;
    utf8_next(&cursor, text.s + text.n);
    return (size_t) (cursor - text.s);
}

span span_clip(span text, size_t most) {
    size_t n = 0;
    for (size_t step; n < text.n && n + (step = span_step(span_from(text, n))) <= most; n += step)
        ;
    return span_cut(text, 0, n);
}

span span_next_part(span *rest, word_table separators) {
    span text = *rest;
    int depth = 0;
    for (size_t at = 0; at < text.n;) {
        span here = span_from(text, at);
        size_t n = depth ? 0 : span_starts(here, separators);
        if (n) {
            *rest = span_from(text, at + n);
            return span_cut(text, 0, at);
        }
        uint32_t c = span_first(here);
        depth += c == U'（' ? 1 : c == U'）' && depth ? -1 : 0;
        at += span_step(here);
    }
    *rest = span_from(text, text.n);
    return text;
}

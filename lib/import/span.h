/* Slices of UTF-8 text and the word tables they are compared with. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

typedef struct span {
    const char *s;
    size_t n;
} span;

/* A NULL-terminated table of words; a lookup prefers the longest that fits. */
typedef const char *const word_table[];

#define SPAN_NONE ((size_t) -1)

span span_of(const char *text);
/* The part from byte a to before byte b. */
span span_cut(span text, size_t a, size_t b);
span span_from(span text, size_t at);
/* Without blanks (ASCII, U+3000, no-break and zero-width spaces) at both ends. */
span span_trim(span text);
char *span_dup(arena *mem, span text);
/* A copy without any blank: spaces inside a name are layout. */
char *span_without_blanks(arena *mem, span text);

bool span_is(span text, const char *word);
bool span_equal(span a, span b);
/* Byte offset of the first occurrence at or after `from`, or SPAN_NONE. */
size_t span_find(span text, const char *word, size_t from);

/* Length in bytes of the word of the table that text starts (ends) with, 0 when none does. */
size_t span_starts(span text, word_table table);
size_t span_ends(span text, word_table table);
/* True when a word of the table stands anywhere in the text. */
bool span_has(span text, word_table table);
bool span_is_any(span text, word_table table);

/* Removes a word of the table from the end (the front) once, when there is one. */
span span_drop_end(span text, word_table table);
span span_drop_start(span text, word_table table);

/* The first and the last character, 0 of an empty text; the length in characters. */
uint32_t span_first(span text);
uint32_t span_last(span text);
size_t span_length(span text);
/* Bytes of the first character. */
size_t span_step(span text);

/* The front of the text, at most `most` bytes of whole characters. */
span span_clip(span text, size_t most);

/* The part before the next separator of `separators` outside brackets （）; *rest moves behind the separator. */
span span_next_part(span *rest, word_table separators);

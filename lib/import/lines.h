/* The printed lines that carry text, with their numbers. */
#pragma once

#include "import/fold.h"

typedef struct line {
    int no, to; /* first and last printed line, 1-based; differ where a row of a table was gathered */
    span printed;
    span folded; /* never empty */
    bool number; /* nothing but a number: of a page, or the first cell of a row */
    bool more;   /* belongs to the line above whatever it begins with: a further cell of a row */
    bool closed; /* nothing printed below belongs to it: the last line of a row */
} line;

typedef struct lines {
    line *at;
    size_t n;
} lines;

/* Splits at LF, CRLF or CR; drops blank lines, marked page numbers and a repeated letterhead. False beyond line_max
 * lines. */
MUST bool lines_split(arena *mem, span text, size_t line_max, lines *ret_lines);

/* The printed lines that carry text, with their numbers. */
#pragma once

#include "import/fold.h"

typedef struct line {
    int no; /* 1-based, counting every printed line */
    span printed;
    span folded; /* never empty */
} line;

typedef struct lines {
    line *at;
    size_t n;
} lines;

/* Splits at LF, CRLF or CR; drops blank lines, page numbers and a repeated letterhead. False beyond line_max lines. */
MUST bool lines_split(arena *mem, span text, size_t line_max, lines *ret_lines);

/* Whether the rows of a table agree with each other and with the text of their item, in exact decimals. */
#pragma once

#include "import/records.h"

/* 1 + 2 = 3 ≠ 4: the printed values of one row, and its total where it is another. */
typedef struct row_sum {
    const char *text; /* "" when there is nothing to add: shares, words, no total */
    bool equal;
} row_sum;

row_sum sum_of_row(arena *mem, const import_row *row);

/* Rows [a, b) of one numbered row: parts against their whole, the total against the number in the item's text. */
void sums_check(arena *mem, import_rows *rows, size_t a, size_t b);

/* Where the cells of a line stand that is set in columns by blanks. */
#pragma once

#include "import/table.h"

/* Cells with the columns of the page they begin and end at, in half-width characters. */
typedef struct ruled {
    cells row;
    int from[CELLS_MAX], to[CELLS_MAX];
} ruled;

/* Splits at runs of at least `gap` half-width blanks. */
void ruled_split(const line *printed, int gap, ruled *ret_ruled);
/* The column of `head` that cell i of the row stands under; *ret_off is how far away it begins. */
size_t ruled_column(const ruled *head, const ruled *row, size_t i, int *ret_off);

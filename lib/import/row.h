/* One line of a table as a row under its header, with what is doubtful about its cells. */
#pragma once

#include "import/category.h"
#include "import/table.h"

/* The table while its rows are read. */
typedef struct row_reader {
    arena *mem;
    import_rows *rows;
    row_place *places; /* beside the rows */
    columns columns;
    import_names heads;
    size_t page, group;
    bool page_begins;      /* no numbered row since the header */
    const char *no, *item; /* of the numbered row above */
    int number;            /* no as a number, 0 for none */
    bool parent_lost;      /* the numbered row above could not be read */
    int overflow;          /* the line of the first row beyond the maximum */
    size_t nil, empty;     /* region cells that say / and that say nothing */
} row_reader;

/* How far the cells from the unit on stand to the right: 1 where a sub-item took the column of the unit, -1 where a
 * cell is missing before. False when no value stands under the total. */
bool row_fits(const row_reader *r, const cells *printed, int *ret_shift);
/* The same for a numbered line with all its cells whose total is a word (全覆盖) or empty. */
bool row_fits_without_total(const row_reader *r, const cells *printed, int *ret_shift);
void row_read(row_reader *r, const cells *printed, int shift);

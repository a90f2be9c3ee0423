/* Category labels of merged cells: which rows a label printed once belongs to. */
#pragma once

#include "import/records.h"

/* Where a data row stands: rows of one numbered row share `group`, rows under one printed header share `page`. */
typedef struct row_place {
    size_t group, page;
    bool has_empty;         /* a cell between the regions is empty */
    const char *empty_head; /* the column of the first such cell */
} row_place;

/* Replaces the printed labels (row->category, "" where blank) by the category of each row; doubts become warnings. */
void category_settle(arena *mem, import_rows *rows, const row_place *places);

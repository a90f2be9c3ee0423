/* Tab-separated lines as rows under the columns of a header. */
#pragma once

#include "import/import.h"
#include "import/lines.h"

enum { CELLS_MAX = 96, COLUMN_NONE = -1 };

typedef struct cells {
    span at[CELLS_MAX]; /* printed, without blanks at the ends */
    size_t n;
    int first_line, last_line;
} cells;

/* Where the columns of a header are; COLUMN_NONE for an absent one. Columns after `unit` move together. */
typedef struct columns {
    int seq, category, item, sub_item, unit, total;
    int regions[IMPORT_REGIONS_MAX];
    span heads[IMPORT_REGIONS_MAX]; /* of the regions */
    size_t regions_n;
    bool others_behind; /* columns such as 备注 stand behind the regions */
    span category_head; /* as printed, for messages */
} columns;

/* A cell as a value. */
typedef enum value_kind { VALUE_WORD, VALUE_EMPTY, VALUE_NIL, VALUE_NUMBER, VALUE_PERCENT } value_kind;

/* What a column is for, by its head. */
typedef enum column_kind {
    COLUMN_REGION,
    COLUMN_SEQ,
    COLUMN_CATEGORY,
    COLUMN_ITEM,
    COLUMN_SUB,
    COLUMN_UNIT,
    COLUMN_TOTAL,
    COLUMN_OTHER
} column_kind;

/* Of a folded head; a word that is not known is a region. */
column_kind column_of(span head);
/* True for a row with at least three known heads. */
bool cells_are_heads(arena *mem, const cells *row);

/* Splits a printed line at its tabs; n 0 when it has none. */
void cells_split(const line *printed, cells *ret_cells);
/* Appends a line that continues the last cell. */
void cells_append(arena *mem, cells *row, const line *printed);
/* Cell i, empty beyond the end and for COLUMN_NONE. */
span cell_at(const cells *row, int i);
value_kind cell_kind(arena *mem, span cell);
/* Digits only: without blanks, grouping commas and the percent sign. */
span cell_number(arena *mem, span cell);

/* True for a line with at least three known heads. */
bool columns_begin(arena *mem, const line *printed);
/* Reads a header beginning at line i; returns the number of its lines, 0 when there is none. */
size_t columns_read(arena *mem, const lines *all, size_t i, columns *ret_columns);

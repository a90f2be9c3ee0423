/* Rows of text as a table for a terminal or as CSV (RFC 4180). */
#pragma once

#include <stdio.h>

#include "app.h"

enum { TABLE_COLUMNS_MAX = 40 };

/* A table under construction. */
typedef struct table {
    size_t columns;     /* at most TABLE_COLUMNS_MAX */
    const char **cells; /* row after row; the first row is the heading */
    size_t rows;
} table;

/* A table of at most `rows` rows under its heading. */
void table_init(app *a, table *t, size_t columns, size_t rows);
/* The next cell, from left to right. */
void table_add(app *a, table *t, size_t row, size_t column, const char *text);
/* Prints it for people. On a terminal of `width` columns the last column is cut to fit; 0 = never cut. */
void table_print(app *a, const table *t, size_t width, FILE *out);
void table_print_csv(const table *t, FILE *out);
/* Leaves out the columns that hold nothing below their heads. */
void table_drop_empty(table *t);
/* Prints it on stdout, for people or as CSV. */
void table_show(app *a, const table *t);

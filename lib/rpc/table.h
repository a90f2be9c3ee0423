/* Small text files of rows: one row a line, words between blanks; # begins a line of comment. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/call.h"

enum { TABLE_WORDS_MAX = 4, TABLE_ROWS_MAX = 1000, TABLE_SIZE_MAX = 256 << 10 };

typedef struct table_row {
    int line; /* 1-based */
    int n;    /* words in the row */
    const char *word[TABLE_WORDS_MAX];
} table_row;

/* A file that is read again when it changed. */
typedef struct table_watch {
    const char *path;
    struct stat seen; /* at the last look */
} table_watch;

/* True when it is not the file of the last look (always at the first); a file that is gone is no change. */
bool table_changed(table_watch *watch);
/* All rows of the file, in the call's arena; TABLE_UNUSABLE names file and line. */
MUST bh_err *table_read(bh_call *call, const char *path, table_row **ret_rows, size_t *ret_n);
/* The error for a row that its reader does not accept. */
bh_err *table_refuse(bh_call *call, const char *path, const table_row *row, const char *what);

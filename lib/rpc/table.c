#include "rpc/table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void fclose_p(FILE **file) {
    if (*file)
        fclose(*file);
}

bh_err *table_refuse(bh_call *call, const char *path, const table_row *row, const char *what) {
    return bh_fail(call, TABLE_UNUSABLE, path, arena_printf(call->mem, "line %d: %s", row->line, what));
}

static bool same_file(const struct stat *a, const struct stat *b) {
    return a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool table_changed(table_watch *watch) {
    struct stat status;
    if (stat(watch->path, &status) != 0 || same_file(&status, &watch->seen))
        return false;
    watch->seen = status;
    return true;
}

static bh_err *read_text(bh_call *call, const char *path, char **ret_text) {
    struct stat status;
    CLEANUP(fclose_p) FILE *file = fopen(path, "re");
    if (!file || fstat(fileno(file), &status) != 0)
        return bh_fail(call, TABLE_UNUSABLE, path, strerror(errno));
    if (status.st_size > TABLE_SIZE_MAX)
        return bh_fail(call, TABLE_UNUSABLE, path, "larger than 256 KiB");
    char *text = arena_alloc(call->mem, (size_t) status.st_size + 1);
    size_t n = fread(text, 1, (size_t) status.st_size, file);
    if (ferror(file) || memchr(text, 0, n))
        return bh_fail(call, TABLE_UNUSABLE, path, "not a text");
    *ret_text = text;
    return NULL;
}

/* Splits one line in place; false when it has too many words. Keys may contain #, so a comment fills its line. */
static bool split(char *line, table_row *row) {
    char *rest;
    if (line[strspn(line, " \t")] == '#')
        return true;
    for (char *word = strtok_r(line, " \t\r", &rest); word; word = strtok_r(NULL, " \t\r", &rest)) {
        if (row->n == TABLE_WORDS_MAX)
            return false;
        row->word[row->n++] = word;
    }
    return true;
}

bh_err *table_read(bh_call *call, const char *path, table_row **ret_rows, size_t *ret_n) {
    char *text;
    TRY(read_text(call, path, &text));
    table_row *rows = arena_array(call->mem, TABLE_ROWS_MAX, sizeof(*rows));
    size_t n = 0;
    int line_number = 0;
    for (char *line = strsep(&text, "\n"); line; line = strsep(&text, "\n")) {
        table_row row = { .line = ++line_number };
        if (!split(line, &row))
            return table_refuse(call, path, &row, "too many words");
        if (n == TABLE_ROWS_MAX)
            return table_refuse(call, path, &row, "too many rows");
        if (row.n)
            rows[n++] = row;
    }
    *ret_rows = rows;
    *ret_n = n;
    return NULL;
}

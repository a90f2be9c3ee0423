#include "table.h"

#include <assert.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "width.h"

enum { GAP = 2, LAST_COLUMN_MIN = 12 };

void table_init(app *a, table *t, size_t columns, size_t rows) {
    assert(columns > 0 && columns <= TABLE_COLUMNS_MAX);
    *t = (table){ .columns = columns, .rows = rows + 1 };
    t->cells = arena_array(a->call->mem, columns * (rows + 1), sizeof(*t->cells));
}

void table_add(app *a, table *t, size_t row, size_t column, const char *text) {
    assert(row < t->rows && column < t->columns);
    t->cells[row * t->columns + column] = a->out == OUT_CSV ? text : width_clean(a->call->mem, text);
}

static const char *cell_at(const table *t, size_t row, size_t column) {
    const char *text = t->cells[row * t->columns + column];
    return text ? text : "";
}

static void measure(const table *t, size_t *ret_widths) {
    for (size_t row = 0; row < t->rows; row++)
        for (size_t column = 0; column < t->columns; column++) {
            size_t width = width_of(cell_at(t, row, column));
            if (width > ret_widths[column])
                ret_widths[column] = width;
        }
}

/* What is left for the last column on a terminal; SIZE_MAX when nothing must be cut. */
static size_t room_for_last(const table *t, const size_t *widths, size_t terminal) {
    size_t used = 0;
    for (size_t column = 0; column + 1 < t->columns; column++)
        used += widths[column] + GAP;
    if (!terminal)
        return SIZE_MAX;
    return terminal > used + LAST_COLUMN_MIN ? terminal - used : LAST_COLUMN_MIN;
}

void table_print(app *a, const table *t, size_t width, FILE *out) {
    size_t widths[TABLE_COLUMNS_MAX] = { 0 };
    measure(t, widths);
    size_t room = room_for_last(t, widths, width);
    for (size_t row = 0; row < t->rows; row++) {
        bool is_bold = row == 0 && a->has_colour;
        fputs(is_bold ? "\033[1m" : "", out);
        for (size_t column = 0; column + 1 < t->columns; column++) {
            const char *text = cell_at(t, row, column);
            fprintf(out, "%s%*s", text, (int) (widths[column] - width_of(text) + GAP), "");
        }
        fprintf(out, "%s%s\n", width_cut(a->call->mem, cell_at(t, row, t->columns - 1), room),
                is_bold ? "\033[0m" : "");
    }
}

static void print_quoted(const char *text, FILE *out) {
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (const char *p = text; *p; p++) {
        if (*p == '"')
            fputc('"', out);
        fputc(*p, out);
    }
    fputc('"', out);
}

void table_print_csv(const table *t, FILE *out) {
    for (size_t row = 0; row < t->rows; row++)
        for (size_t column = 0; column < t->columns; column++) {
            print_quoted(cell_at(t, row, column), out);
            fputs(column + 1 < t->columns ? "," : "\r\n", out);
        }
}

static bool is_column_empty(const table *t, size_t column) {
    for (size_t row = 1; row < t->rows; row++)
        if (*cell_at(t, row, column))
            return false;
    return true;
}

static void drop_column(table *t, size_t dropped) {
    size_t kept = 0;
    for (size_t i = 0; i < t->rows * t->columns; i++)
        if (i % t->columns != dropped)
            t->cells[kept++] = t->cells[i];
    t->columns--;
}

void table_drop_empty(table *t) {
    for (size_t column = t->columns; column-- > 0;)
        if (t->columns > 1 && is_column_empty(t, column))
            drop_column(t, column);
}

/* Columns of the terminal behind stdout, 0 when there is none. */
static size_t terminal_width(void) {
    struct winsize size;
    return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void table_show(app *a, const table *t) {
    if (a->out == OUT_CSV)
        table_print_csv(t, stdout);
    else
        table_print(a, t, terminal_width(), stdout);
}

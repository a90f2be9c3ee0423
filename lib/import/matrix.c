#include "import/matrix.h"

#include "import/outline.h"
#include "import/row.h"
#include "import/sums.h"

/* The tables of a document while they are read. */
typedef struct reader {
    row_reader rows;
    bool has_table;
    int headless; /* the first line that looks like a row below no header */
    import_warnings *doubts;
} reader;

static void add_head(reader *r, span cell, int printed_line) {
    const char *head = span_without_blanks(r->rows.mem, cell);
    if (names_have(&r->rows.heads, head))
        warn(r->rows.mem, r->doubts, printed_line, HEAD_REPEATED, head);
    names_add(r->rows.mem, &r->rows.heads, head);
}

static void start_table(reader *r, const columns *header, int printed_line) {
    r->rows.columns = *header;
    r->rows.heads = (import_names){ 0 };
    for (size_t i = 0; i < header->regions_n; i++)
        add_head(r, header->heads[i], printed_line);
    if (header->total == COLUMN_NONE)
        warn(r->rows.mem, r->doubts, printed_line, TOTAL_COLUMN_MISSING);
    r->rows.page++;
    r->rows.page_begins = true;
    r->has_table = true;
}

/* A row whose cell is broken over lines takes lines until it fits; returns how many, 0 when it never does. */
static size_t take_broken_row(reader *r, const lines *all, size_t i) {
    enum { LINES_MAX = 3 };
    cells row, next;
    int shift = 0;
    cells_split(&all->at[i], &row);
    for (size_t n = 1; row.n && n <= LINES_MAX; n++) {
        if (row_fits(&r->rows, &row, &shift)) {
            row_read(&r->rows, &row, shift);
            return n;
        }
        if (i + n >= all->n || row.n > (size_t) r->rows.columns.regions[0])
            break;
        cells_split(&all->at[i + n], &next);
        if (row_fits(&r->rows, &next, &shift))
            break;
        cells_append(r->rows.mem, &row, &all->at[i + n]);
    }
    return 0;
}

static size_t take_row(reader *r, const lines *all, size_t i) {
    cells row;
    int shift;
    size_t taken = take_broken_row(r, all, i);
    cells_split(&all->at[i], &row);
    if (taken || !row_fits_without_total(&r->rows, &row, &shift))
        return taken;
    row_read(&r->rows, &row, shift);
    return 1;
}

static size_t filled_cells(const line *printed) {
    cells row;
    size_t filled = 0;
    cells_split(printed, &row);
    for (size_t i = 0; i < row.n; i++)
        filled += row.at[i].n > 0;
    return filled;
}

/* A line of several cells that could not be read as a row. */
static bool is_lost_row(const line *printed) {
    return filled_cells(printed) > 1;
}

static void note_headless(reader *r, const line *printed) {
    enum { CELLS_MIN = 3 };
    if (!r->headless && filled_cells(printed) >= CELLS_MIN)
        r->headless = printed->no;
}

/* One line without cells between two rows is a part of a cell that lost its place; titles and notes are not. */
static bool is_stray(const reader *r, const lines *all, const bool *taken, size_t i) {
    static const char *const known[] = { "（续", "续表", "单位：", "计量单位：", "注：", "备注：", "说明：", NULL };
    cells before, after;
    if (!i || i + 1 >= all->n || !taken[i - 1] || outline_is_title(all->at[i].folded))
        return false;
    cells_split(&all->at[i - 1], &before);
    cells_split(&all->at[i + 1], &after);
    int shift;
    return !span_starts(all->at[i].folded, known) && before.n && row_fits(&r->rows, &after, &shift);
}

static void check_groups(arena *mem, import_rows *rows, const row_place *places) {
    for (size_t a = 0, b; a < rows->n; a = b) {
        for (b = a; b < rows->n && places[b].group == places[a].group;)
            b++;
        sums_check(mem, rows, a, b);
    }
}

static void report_line(reader *r, const lines *all, bool *taken, size_t i) {
    if (is_lost_row(&all->at[i])) {
        warn(r->rows.mem, r->doubts, all->at[i].no, ROW_UNREAD);
        r->rows.parent_lost = true;
    } else if (is_stray(r, all, taken, i)) {
        warn(r->rows.mem, r->doubts, all->at[i].no, LINE_IN_TABLE);
    } else {
        return;
    }
    taken[i] = true;
}

/* Where / means nothing assigned, an empty cell is a lost one, and what stands beside it may have moved. */
static void check_empty(const row_reader *r) {
    for (size_t i = 0; i < r->rows->n && r->nil > r->empty; i++)
        if (r->places[i].has_empty)
            warn(r->mem, &r->rows->at[i].warnings, r->rows->at[i].first_line, CELL_EMPTY, r->places[i].empty_head);
}

/* What only the whole table shows. */
static void check_rows(reader *r) {
    const row_reader *rows = &r->rows;
    if (r->headless)
        warn(rows->mem, r->doubts, r->headless, TABLE_UNREAD);
    if (rows->overflow)
        warn(rows->mem, r->doubts, rows->overflow, ROWS_FULL, count_text(rows->mem, (size_t) IMPORT_ROWS_MAX));
    check_empty(rows);
    check_groups(rows->mem, rows->rows, rows->places);
    category_settle(rows->mem, rows->rows, rows->places);
}

void matrix_read(arena *mem, const lines *all, bool *taken, import_document *document) {
    reader r = { .rows = { .mem = mem, .rows = &document->matrix, .item = "" }, .doubts = &document->warnings };
    r.rows.places = arena_array(mem, IMPORT_ROWS_MAX, sizeof(*r.rows.places));
    for (size_t i = 0, n; i < all->n; i += n ? n : 1) {
        columns header;
        n = columns_read(mem, all, i, &header);
        if (!n && columns_begin(mem, &all->at[i])) {
            r.headless = r.headless ? r.headless : all->at[i].no;
            r.has_table = false;
        }
        if (n)
            start_table(&r, &header, all->at[i].no);
        else if (r.has_table)
            n = take_row(&r, all, i);
        if (!n && r.has_table)
            report_line(&r, all, taken, i);
        else if (!n)
            note_headless(&r, &all->at[i]);
        for (size_t k = 0; k < n; k++)
            taken[i + k] = true;
    }
    check_rows(&r);
}

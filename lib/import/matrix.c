#include "import/matrix.h"

#include "import/category.h"
#include "import/marks.h"
#include "import/outline.h"
#include "import/sums.h"
#include "import/table.h"

/* The table while its rows are read. */
typedef struct reader {
    arena *mem;
    import_document *document;
    columns columns;
    import_names heads;
    row_place *places; /* beside the rows */
    size_t page, group;
    int overflow;      /* the line of the first row beyond the maximum */
    size_t nil, empty; /* region cells that say / and that say nothing */
    bool has_table;
    const char *no, *item; /* of the numbered row above */
} reader;

static const char *clean(arena *mem, span cell) {
    return span_dup(mem, span_trim(cell));
}

static bool is_value(value_kind kind) {
    return kind == VALUE_NUMBER || kind == VALUE_PERCENT || kind == VALUE_NIL;
}

/* A row fits with a shift when a value stands under the total and a word under the unit. */
static bool fits(const reader *r, const cells *row, int shift) {
    const columns *c = &r->columns;
    int key = c->total != COLUMN_NONE ? c->total : c->regions[0];
    span unit = cell_at(row, c->unit + shift);
    bool word = c->unit == COLUMN_NONE || (c->unit + shift > c->item && cell_kind(r->mem, unit) == VALUE_WORD) ||
                (!shift && !unit.n);
    return word && is_value(cell_kind(r->mem, cell_at(row, key + shift)));
}

/* 1: a sub-item stands in the column of the unit and moves the rest; -1: a cell is missing before the total. */
static bool find_shift(const reader *r, const cells *row, int *ret_shift) {
    static const int shifts[] = { 0, 1, -1 };
    for (size_t i = 0; i < countof(shifts); i++)
        if (fits(r, row, *ret_shift = shifts[i]))
            return true;
    return false;
}

static void name_row(reader *r, import_row *row, const cells *line_cells, int shift) {
    const columns *c = &r->columns;
    span seq = fold(r->mem, cell_at(line_cells, c->seq));
    span item = cell_at(line_cells, c->item), category = cell_at(line_cells, c->category);
    span sub = shift == 1 ? cell_at(line_cells, c->unit) : cell_at(line_cells, c->sub_item);
    static const char *const sums[] = { "合计", "总计", "小计", NULL };
    bool numbered = digits_length(seq) > 0 || (c->seq == COLUMN_NONE && item.n);
    bool sum =
        span_is_any(seq, sums) || (!numbered && span_is_any(item, sums)) || (!numbered && span_is_any(category, sums));
    if (numbered || sum) {
        r->no = numbered && seq.n ? span_dup(r->mem, span_cut(seq, 0, digits_length(seq))) : NULL;
        r->item = item.n ? clean(r->mem, item) : clean(r->mem, sum && !seq.n ? category : cell_at(line_cells, c->seq));
        r->group++;
    } else if (!sub.n && item.n) {
        sub = item;
    } else if (!sub.n && category.n) {
        sub = category;
        category.n = 0;
        warn(r->mem, &row->warnings, row->first_line, "cell_shifted", "分项名称“%s”印在“%s”栏，按上一项的分项读入",
             clean(r->mem, sub), clean(r->mem, c->category_head));
    }
    if (!numbered && !sum && !sub.n)
        warn(r->mem, &row->warnings, row->first_line, "sub_item_missing",
             "没有序号，也没有分项名称，按上一项的分项读入");
    row->no = r->no;
    row->item = r->item;
    row->sub_item = sub.n ? clean(r->mem, sub) : NULL;
    row->category = sum ? "" : clean(r->mem, category);
}

/* A cell as it goes into the record: numbers without grouping, words as printed, NULL where nothing is assigned. */
static const char *read_value(arena *mem, span cell) {
    switch (cell_kind(mem, cell)) {
    case VALUE_NUMBER:
        return span_dup(mem, cell_number(mem, cell));
    case VALUE_PERCENT:
        return arena_printf(mem, "%s%%", span_dup(mem, cell_number(mem, cell)));
    case VALUE_WORD:
        return clean(mem, cell);
    case VALUE_EMPTY:
    case VALUE_NIL:
        return NULL;
    }
    return NULL;
}

/* A word among numbers is a number that could not be read; a row of words (全覆盖) is none. */
static void check_words(reader *r, import_row *row, const cells *line_cells, int shift) {
    const columns *c = &r->columns;
    size_t numbers = 0;
    for (size_t i = 0; i < c->regions_n; i++)
        numbers += cell_kind(r->mem, cell_at(line_cells, c->regions[i] + shift)) == VALUE_NUMBER;
    for (size_t i = 0; numbers && i < c->regions_n; i++)
        if (cell_kind(r->mem, cell_at(line_cells, c->regions[i] + shift)) == VALUE_WORD)
            warn(r->mem, &row->warnings, row->first_line, "cell_unread", "“%s”一格是“%s”，不是数", r->heads.at[i],
                 row->values[i]);
}

/* Columns that the line is too short for. */
static size_t missing_cells(const reader *r, const cells *line_cells, int shift) {
    size_t missing = 0;
    for (size_t i = 0; i < r->columns.regions_n; i++)
        missing += (size_t) (r->columns.regions[i] + shift) >= line_cells->n;
    return missing;
}

static void check_ends(reader *r, import_row *row, const cells *line_cells, int shift, const char *sum) {
    const columns *c = &r->columns;
    int last = c->regions[c->regions_n - 1];
    size_t missing = missing_cells(r, line_cells, shift);
    if (missing)
        warn(r->mem, &row->warnings, row->first_line, "cell_missing", "表头有 %zu 列，本行少 %zu 格（%s）；%s",
             c->regions_n, missing, r->heads.at[c->regions_n - missing], sum);
    if (shift < 0)
        warn(r->mem, &row->warnings, row->first_line, "cell_missing", "合计之前少一格，其后各格左移一列；%s", sum);
    for (size_t i = (size_t) (last + shift + 1); i < line_cells->n && c->total < last && !r->columns.others_behind; i++)
        if (line_cells->at[i].n)
            warn(r->mem, &row->warnings, row->first_line, "cell_extra", "行末多出一格“%s”",
                 clean(r->mem, line_cells->at[i]));
}

static void check_row(reader *r, import_row *row, const cells *line_cells, int shift) {
    row_sum sum = sum_of_row(r->mem, row);
    if (!sum.equal)
        warn(r->mem, &row->warnings, row->first_line, "row_sum", "各地之和与合计不符：%s", sum.text);
    else if (row->warnings.n && *sum.text)
        warn(r->mem, &row->warnings, row->first_line, "row_sum_agrees", "%s，相符", sum.text);
    check_words(r, row, line_cells, shift);
    check_ends(r, row, line_cells, shift, sum.text);
}

/* Counts the cells that say / and notes the first that says nothing. */
static void note_empty(reader *r, const cells *line_cells, int shift, row_place *place) {
    for (size_t i = 0; i < r->columns.regions_n; i++) {
        int at = r->columns.regions[i] + shift;
        value_kind kind = cell_kind(r->mem, cell_at(line_cells, at));
        bool empty = kind == VALUE_EMPTY && (size_t) at < line_cells->n;
        r->nil += kind == VALUE_NIL;
        r->empty += empty;
        if (empty && !place->has_empty) {
            place->has_empty = true;
            place->empty_head = r->heads.at[i];
        }
    }
}

/* Where / means nothing assigned, an empty cell is a lost one, and what stands beside it may have moved. */
static void check_empty(reader *r) {
    import_rows *rows = &r->document->matrix;
    for (size_t i = 0; i < rows->n && r->nil > r->empty; i++)
        if (r->places[i].has_empty)
            warn(r->mem, &rows->at[i].warnings, rows->at[i].first_line, "cell_empty",
                 "“%s”一格为空，别处以“/”表示没有；可能缺一格、其后各格左移", r->places[i].empty_head);
}

static void read_row(reader *r, const cells *line_cells, int shift) {
    const columns *c = &r->columns;
    import_row *row = rows_add(r->mem, &r->document->matrix);
    if (!row) {
        r->overflow = r->overflow ? r->overflow : line_cells->first_line;
        return;
    }
    *row = (import_row){ .first_line = line_cells->first_line, .last_line = line_cells->last_line, .heads = r->heads };
    row->values = arena_array(r->mem, c->regions_n, sizeof(*row->values));
    name_row(r, row, line_cells, shift);
    row->unit = c->unit == COLUMN_NONE ? "" : clean(r->mem, cell_at(line_cells, c->unit + shift));
    row->total = c->total == COLUMN_NONE ? NULL : read_value(r->mem, cell_at(line_cells, c->total + shift));
    for (size_t i = 0; i < c->regions_n; i++)
        row->values[i] = read_value(r->mem, cell_at(line_cells, c->regions[i] + shift));
    check_row(r, row, line_cells, shift);
    row_place *place = &r->places[r->document->matrix.n - 1];
    *place = (row_place){ .group = r->group, .page = r->page };
    note_empty(r, line_cells, shift, place);
}

static void add_head(reader *r, const char *head, int printed_line) {
    if (names_have(&r->heads, head))
        warn(r->mem, &r->document->warnings, printed_line, "head_repeated", "表头“%s”出现两次", head);
    names_add(r->mem, &r->heads, head);
}

static void start_table(reader *r, int printed_line) {
    r->heads = (import_names){ 0 };
    for (size_t i = 0; i < r->columns.regions_n; i++)
        add_head(r, clean(r->mem, r->columns.heads[i]), printed_line);
    r->page++;
    r->has_table = true;
}

/* A row without values in its total (全覆盖) counts when it has a number and all its cells. */
static bool is_row_of_words(const reader *r, const cells *row) {
    const columns *c = &r->columns;
    return row->n > (size_t) c->regions[c->regions_n - 1] && cell_at(row, c->item).n &&
           cell_kind(r->mem, cell_at(row, c->seq)) == VALUE_NUMBER && cell_at(row, c->total).n;
}

/* A row whose cell is broken over lines: takes lines until it fits; returns how many, 0 when it never does. */
static size_t take_row(reader *r, const lines *all, size_t i) {
    enum { LINES_MAX = 3 };
    cells row, next;
    int shift = 0;
    cells_split(&all->at[i], &row);
    for (size_t n = 1; row.n && n <= LINES_MAX; n++) {
        if (find_shift(r, &row, &shift)) {
            read_row(r, &row, shift);
            return n;
        }
        if (i + n >= all->n || row.n > (size_t) r->columns.regions[0])
            break;
        cells_split(&all->at[i + n], &next);
        if (find_shift(r, &next, &shift))
            break;
        cells_append(r->mem, &row, &all->at[i + n]);
    }
    cells_split(&all->at[i], &row);
    if (!is_row_of_words(r, &row))
        return 0;
    read_row(r, &row, 0);
    return 1;
}

/* A line of several cells that could not be read as a row. */
static bool is_lost_row(const line *printed) {
    cells row;
    size_t filled = 0;
    cells_split(printed, &row);
    for (size_t i = 0; i < row.n; i++)
        filled += row.at[i].n > 0;
    return filled > 1;
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
    return !span_starts(all->at[i].folded, known) && before.n && find_shift(r, &after, &shift);
}

static void check_groups(arena *mem, import_rows *rows, const row_place *places) {
    for (size_t a = 0, b; a < rows->n; a = b) {
        for (b = a; b < rows->n && places[b].group == places[a].group;)
            b++;
        sums_check(mem, rows, a, b);
    }
}

static void report_line(reader *r, const lines *all, bool *taken, size_t i) {
    import_warnings *doubts = &r->document->warnings;
    if (is_lost_row(&all->at[i]))
        warn(r->mem, doubts, all->at[i].no, "row_unread", "表格中的一行读不出，请人工核对");
    else if (is_stray(r, all, taken, i))
        warn(r->mem, doubts, all->at[i].no, "line_in_table", "表格两行之间有一行文字，可能是某格的一部分，未读入");
    else
        return;
    taken[i] = true;
}

void matrix_read(arena *mem, const lines *all, bool *taken, import_document *document) {
    reader r = { .mem = mem, .document = document, .no = NULL, .item = "" };
    r.places = arena_array(mem, IMPORT_ROWS_MAX, sizeof(*r.places));
    for (size_t i = 0, n; i < all->n; i += n ? n : 1) {
        columns header;
        bool is_header = (n = columns_read(mem, all, i, &header)) > 0;
        if (is_header) {
            r.columns = header;
            start_table(&r, all->at[i].no);
        } else if (r.has_table) {
            n = take_row(&r, all, i);
        }
        if (!n && r.has_table)
            report_line(&r, all, taken, i);
        for (size_t k = 0; k < n; k++)
            taken[i + k] = true;
    }
    if (r.overflow)
        warn(mem, &document->warnings, r.overflow, "rows_full", "表格超过 %d 行，自此行起未读入", IMPORT_ROWS_MAX);
    check_empty(&r);
    check_groups(mem, &document->matrix, r.places);
    category_settle(mem, &document->matrix, r.places);
}

#include "import/matrix.h"

#include <string.h>

#include "base/buf.h"
#include "base/decimal.h"
#include "import/category.h"
#include "import/marks.h"
#include "import/table.h"

/* The table while its rows are read. */
typedef struct reader {
    arena *mem;
    import_document *document;
    columns columns;
    import_names heads;
    row_place *places; /* beside the rows */
    size_t page, group;
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
    bool word = c->unit == COLUMN_NONE || (c->unit + shift > c->item && cell_kind(r->mem, unit) == VALUE_WORD);
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

static const char *read_value(reader *r, import_row *row, span cell, const char *head) {
    switch (cell_kind(r->mem, cell)) {
    case VALUE_NUMBER:
        return span_dup(r->mem, cell_number(r->mem, cell));
    case VALUE_PERCENT:
        return arena_printf(r->mem, "%s%%", span_dup(r->mem, cell_number(r->mem, cell)));
    case VALUE_WORD:
        warn(r->mem, &row->warnings, row->first_line, "cell_unread", "“%s”一格是“%s”，不是数", head,
             clean(r->mem, cell));
        return clean(r->mem, cell);
    case VALUE_EMPTY:
    case VALUE_NIL:
        return NULL;
    }
    return NULL;
}

/* What is known about the cells of a row besides their values. */
typedef struct row_cells {
    size_t missing; /* cells the line is too short for */
    size_t numbers, percents;
    bool last_empty;
    buf sum_text; /* 1 + 2 + 3 */
    decimal sum;
    bool overflow;
} row_cells;

static void add_value(reader *r, row_cells *seen, span cell, value_kind kind) {
    decimal value;
    seen->percents += kind == VALUE_PERCENT;
    seen->last_empty = kind == VALUE_EMPTY;
    if (kind != VALUE_NUMBER)
        return;
    span number = cell_number(r->mem, cell);
    seen->overflow =
        seen->overflow || !decimal_parse(number.s, number.n, &value) || !decimal_add(seen->sum, value, &seen->sum);
    buf_adds(&seen->sum_text, seen->numbers++ ? " + " : "");
    buf_add(&seen->sum_text, number.s, number.n);
}

static void read_regions(reader *r, import_row *row, const cells *line_cells, int shift, row_cells *seen) {
    const columns *c = &r->columns;
    for (size_t i = 0; i < c->regions_n; i++) {
        int at = c->regions[i] + shift;
        span cell = cell_at(line_cells, at);
        row->values[i] = read_value(r, row, cell, r->heads.at[i]);
        seen->missing += (size_t) at >= line_cells->n;
        if ((size_t) at < line_cells->n)
            add_value(r, seen, cell, cell_kind(r->mem, cell));
    }
}

/* Shares and rates are no parts of a sum. */
static bool is_additive(const import_row *row, const row_cells *seen) {
    static const char *const rates[] = { "%", "率", "比例", "比重", "百分点", "分", NULL };
    return seen->numbers && !seen->percents && !span_ends(span_of(row->unit), rates) && row->total &&
           !strchr(row->total, '%');
}

/* "1 + 2 = 3，合计 4", or "" when there is nothing to add. */
static const char *arithmetic(reader *r, const import_row *row, const row_cells *seen, bool *ret_equal) {
    char sum_text[DECIMAL_TEXT_SIZE];
    decimal total;
    *ret_equal = true;
    if (!is_additive(row, seen) || seen->overflow || !decimal_parse(row->total, strlen(row->total), &total))
        return "";
    *ret_equal = decimal_compare(seen->sum, total) == 0;
    return arena_printf(r->mem, "%s = %s，合计 %s", seen->sum_text.s, decimal_print(seen->sum, sum_text), row->total);
}

static void check_row(reader *r, import_row *row, const cells *line_cells, int shift, const row_cells *seen) {
    bool equal;
    const char *sum = arithmetic(r, row, seen, &equal);
    const columns *c = &r->columns;
    if (!equal)
        warn(r->mem, &row->warnings, row->first_line, "row_sum", "各地之和与合计不符：%s%s", sum,
             seen->last_empty ? "；末格为空，可能缺一格、其后各格左移" : "");
    if (equal && row->warnings.n && *sum)
        warn(r->mem, &row->warnings, row->first_line, "row_sum_agrees", "%s，相符", sum);
    if (seen->missing)
        warn(r->mem, &row->warnings, row->first_line, "cell_missing", "表头有 %zu 列，本行少 %zu 格（%s）；%s%s",
             c->regions_n, seen->missing, r->heads.at[c->regions_n - seen->missing], sum,
             *sum && equal ? "，相符" : "");
    if (shift < 0)
        warn(r->mem, &row->warnings, row->first_line, "cell_missing", "合计之前少一格，其后各格左移一列；%s", sum);
    for (size_t i = (size_t) (c->regions[c->regions_n - 1] + shift + 1); i < line_cells->n; i++)
        if (line_cells->at[i].n && r->columns.total < c->regions[c->regions_n - 1])
            warn(r->mem, &row->warnings, row->first_line, "cell_extra", "行末多出一格“%s”",
                 clean(r->mem, line_cells->at[i]));
}

static void read_row(reader *r, const cells *line_cells, int shift) {
    const columns *c = &r->columns;
    import_row *row = rows_add(r->mem, &r->document->matrix);
    if (!row)
        return;
    *row = (import_row){ .first_line = line_cells->first_line, .last_line = line_cells->last_line, .heads = r->heads };
    row->values = arena_array(r->mem, c->regions_n, sizeof(*row->values));
    name_row(r, row, line_cells, shift);
    row->unit = c->unit == COLUMN_NONE ? "" : clean(r->mem, cell_at(line_cells, c->unit + shift));
    row->total = c->total == COLUMN_NONE ? NULL : read_value(r, row, cell_at(line_cells, c->total + shift), "合计");
    row_cells seen = { 0 };
    buf_init(&seen.sum_text, r->mem);
    read_regions(r, row, line_cells, shift, &seen);
    check_row(r, row, line_cells, shift, &seen);
    r->places[r->document->matrix.n - 1] = (row_place){ .group = r->group, .page = r->page };
}

static void start_table(reader *r) {
    r->heads = (import_names){ 0 };
    for (size_t i = 0; i < r->columns.regions_n; i++)
        names_add(r->mem, &r->heads, clean(r->mem, r->columns.heads[i]));
    r->page++;
    r->has_table = true;
}

/* A row whose cell is broken over lines: takes lines until it fits; returns how many, 0 when it never does. */
static size_t take_row(reader *r, const lines *all, size_t i) {
    enum { LINES_MAX = 3 };
    cells row;
    int shift;
    cells_split(&all->at[i], &row);
    if (!row.n)
        return 0;
    for (size_t n = 1; n <= LINES_MAX; n++) {
        if (find_shift(r, &row, &shift)) {
            read_row(r, &row, shift);
            return n;
        }
        if (i + n >= all->n || row.n > (size_t) r->columns.regions[0])
            break;
        cells_append(r->mem, &row, &all->at[i + n]);
    }
    return 0;
}

/* A line with as many cells as a row that could not be read as one. */
static bool is_lost_row(const reader *r, const line *printed) {
    cells row;
    cells_split(printed, &row);
    return row.n >= (size_t) r->columns.regions[0];
}

void matrix_read(arena *mem, const lines *all, bool *taken, import_document *document) {
    reader r = { .mem = mem, .document = document, .no = NULL, .item = "" };
    r.places = arena_array(mem, IMPORT_ROWS_MAX, sizeof(*r.places));
    for (size_t i = 0, n; i < all->n; i += n ? n : 1) {
        columns header;
        bool is_header = (n = columns_read(mem, all, i, &header)) > 0;
        if (is_header) {
            r.columns = header;
            start_table(&r);
        } else if (r.has_table) {
            n = take_row(&r, all, i);
        }
        if (!n && r.has_table && is_lost_row(&r, &all->at[i])) {
            warn(mem, &document->warnings, all->at[i].no, "row_unread", "表格中的一行读不出，请人工核对");
            taken[i] = true;
        }
        for (size_t k = 0; k < n; k++)
            taken[i + k] = true;
    }
    category_settle(mem, &document->matrix, r.places);
}

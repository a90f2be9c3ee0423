#include "import/row.h"

#include <string.h>

#include "import/marks.h"
#include "import/measures.h"
#include "import/sums.h"

static const char *clean(arena *mem, span cell) {
    return span_dup(mem, span_trim(cell));
}

static value_kind kind_at(const row_reader *r, const cells *printed, int column) {
    return cell_kind(r->mem, cell_at(printed, column));
}

static bool is_value(value_kind kind) {
    return kind == VALUE_NUMBER || kind == VALUE_PERCENT || kind == VALUE_NIL;
}

static bool fits(const row_reader *r, const cells *printed, int shift) {
    const columns *c = &r->columns;
    int key = c->total != COLUMN_NONE ? c->total : c->regions[0];
    bool unit = c->unit == COLUMN_NONE ||
                (c->unit + shift > c->item && kind_at(r, printed, c->unit + shift) == VALUE_WORD) ||
                (!shift && !cell_at(printed, c->unit).n);
    return unit && is_value(kind_at(r, printed, key + shift));
}

bool row_fits(const row_reader *r, const cells *printed, int *ret_shift) {
    static const int shifts[] = { 0, 1, -1 };
    for (size_t i = 0; i < countof(shifts); i++)
        if (fits(r, printed, *ret_shift = shifts[i]))
            return true;
    return false;
}

/* 公里, 万人, 覆盖率: a word that can be the unit of a row. */
static bool is_measure(arena *mem, span cell) {
    enum { LONGEST = 4 };
    static const char *const rates[] = { "率", "比例", "比重", NULL };
    span text = fold(mem, cell);
    size_t n;
    measure_read(text, &n);
    return text.n && (n == text.n || span_ends(text, rates) || span_length(text) < LONGEST);
}

bool row_fits_without_total(const row_reader *r, const cells *printed, int *ret_shift) {
    const columns *c = &r->columns;
    *ret_shift = c->total != COLUMN_NONE && cell_at(printed, c->unit).n &&
                 is_measure(r->mem, cell_at(printed, c->total)) && !is_measure(r->mem, cell_at(printed, c->unit));
    return printed->n > (size_t) c->regions[c->regions_n - 1] && cell_at(printed, c->item).n &&
           kind_at(r, printed, c->seq) == VALUE_NUMBER;
}

/* The naming cells of a line. */
typedef struct naming {
    span seq, category, item, sub; /* seq folded */
    bool numbered;                 /* begins an item */
    bool sum;                      /* 合计: begins a row that is no item */
} naming;

static naming naming_of(const row_reader *r, const cells *printed, int shift) {
    static const char *const sums[] = { "合计", "总计", "小计", NULL };
    const columns *c = &r->columns;
    naming n = { .seq = fold(r->mem, cell_at(printed, c->seq)),
                 .category = cell_at(printed, c->category),
                 .item = cell_at(printed, c->item),
                 .sub = cell_at(printed, shift == 1 ? c->unit : c->sub_item) };
    n.numbered = digits_length(n.seq) > 0 || (c->seq == COLUMN_NONE && n.item.n);
    n.sum = !n.numbered && (span_is_any(n.seq, sums) || span_is_any(n.item, sums) || span_is_any(n.category, sums));
    return n;
}

/* Numbers go up by one; a new header may start again. */
static void check_number(row_reader *r, import_row *row, span seq) {
    int number = 0;
    numeral_read(seq, &number);
    bool restarts = r->page_begins && number == 1;
    if (seq.n && number != r->number + 1 && !restarts)
        warn(r->mem, &row->warnings, row->first_line, NUMBER_ORDER, count_text(r->mem, (size_t) r->number),
             count_text(r->mem, (size_t) number));
    r->number = number;
    r->page_begins = false;
}

static void begin_item(row_reader *r, import_row *row, const naming *n) {
    r->no = n->seq.n && n->numbered ? span_dup(r->mem, span_cut(n->seq, 0, digits_length(n->seq))) : NULL;
    r->item = clean(r->mem, n->sum && !n->item.n ? (n->seq.n ? n->seq : n->category) : n->item);
    r->parent_lost = false;
    r->group++;
    if (n->numbered)
        check_number(r, row, n->seq);
    if (!*r->item)
        warn(r->mem, &row->warnings, row->first_line, ITEM_MISSING);
}

/* The name of a sub-row stands in the column of the sub-item, of the item, or by mistake of the category. */
static void name_sub_row(row_reader *r, import_row *row, naming *n) {
    static const char *const of_which[] = { "其中", "含", "#", "—", "-", "·", NULL };
    bool item_column = !n->sub.n && n->item.n;
    if (n->item.n && !mark_read(fold(r->mem, n->item)).kind && !span_starts(n->item, of_which) &&
        strcmp(clean(r->mem, n->item), r->item) != 0)
        warn(r->mem, &row->warnings, row->first_line, NUMBER_MISSING);
    if (item_column) {
        n->sub = n->item;
    } else if (!n->sub.n && n->category.n) {
        n->sub = n->category;
        n->category.n = 0;
        warn(r->mem, &row->warnings, row->first_line, SUB_ITEM_SHIFTED, clean(r->mem, n->sub),
             clean(r->mem, r->columns.category_head));
    }
    if (!n->sub.n)
        warn(r->mem, &row->warnings, row->first_line, SUB_ITEM_MISSING);
    if (r->parent_lost)
        warn(r->mem, &row->warnings, row->first_line, PARENT_UNREAD);
}

/* A category is a short label; a number or a sentence there has moved in from the next column. */
static const char *read_category(row_reader *r, import_row *row, span cell) {
    enum { LONGEST = 14 };
    if (cell_kind(r->mem, cell) == VALUE_WORD && span_length(cell) <= LONGEST)
        return span_without_blanks(r->mem, cell);
    if (cell.n)
        warn(r->mem, &row->warnings, row->first_line, CATEGORY_SHIFTED, clean(r->mem, cell));
    return "";
}

static void name_row(row_reader *r, import_row *row, const cells *printed, int shift) {
    naming n = naming_of(r, printed, shift);
    if (n.numbered || n.sum)
        begin_item(r, row, &n);
    else
        name_sub_row(r, row, &n);
    row->no = r->no;
    row->item = r->item;
    row->sub_item = n.sub.n ? span_without_blanks(r->mem, n.sub) : NULL;
    row->category = n.sum ? "" : read_category(r, row, n.category);
    bool twice = (row->sub_item && strcmp(row->sub_item, row->item) == 0) ||
                 (*row->category && strcmp(row->category, row->item) == 0);
    if (n.numbered && twice)
        warn(r->mem, &row->warnings, row->first_line, CELL_TWICE);
}

/* A cell as it goes into the record: numbers without grouping, words as printed, NULL where nothing is assigned. */
static const char *read_value(arena *mem, span cell) {
    value_kind kind = cell_kind(mem, cell);
    if (kind == VALUE_EMPTY || kind == VALUE_NIL)
        return NULL;
    if (kind == VALUE_WORD)
        return clean(mem, cell);
    return arena_printf(mem, "%s%s", span_dup(mem, cell_number(mem, cell)), kind == VALUE_PERCENT ? "%" : "");
}

static void read_values(row_reader *r, import_row *row, const cells *printed, int shift) {
    const columns *c = &r->columns;
    row->unit = c->unit == COLUMN_NONE ? "" : span_without_blanks(r->mem, cell_at(printed, c->unit + shift));
    row->total = c->total == COLUMN_NONE ? NULL : read_value(r->mem, cell_at(printed, c->total + shift));
    row->values = arena_array(r->mem, c->regions_n, sizeof(*row->values));
    for (size_t i = 0; i < c->regions_n; i++)
        row->values[i] = read_value(r->mem, cell_at(printed, c->regions[i] + shift));
}

static void check_unit(row_reader *r, import_row *row, const cells *printed, int shift, bool numbers) {
    span unit = cell_at(printed, r->columns.unit + shift);
    if (r->columns.unit == COLUMN_NONE)
        return;
    if (unit.n && !is_measure(r->mem, unit))
        warn(r->mem, &row->warnings, row->first_line, MEASURE_DOUBTFUL, row->unit);
    else if (!unit.n && numbers && row->total && !strchr(row->total, '%'))
        warn(r->mem, &row->warnings, row->first_line, MEASURE_MISSING);
    if (row->sub_item && strcmp(row->sub_item, row->unit) == 0)
        warn(r->mem, &row->warnings, row->first_line, SUB_ITEM_IS_MEASURE);
}

/* A word among numbers is a number that could not be read; a row of words (全覆盖) is none. */
static void check_words(row_reader *r, import_row *row, const cells *printed, int shift) {
    const columns *c = &r->columns;
    size_t numbers = 0, percents = 0;
    for (size_t i = 0; i < c->regions_n; i++) {
        numbers += kind_at(r, printed, c->regions[i] + shift) == VALUE_NUMBER;
        percents += kind_at(r, printed, c->regions[i] + shift) == VALUE_PERCENT;
    }
    for (size_t i = 0; numbers && i < c->regions_n; i++)
        if (kind_at(r, printed, c->regions[i] + shift) == VALUE_WORD)
            warn(r->mem, &row->warnings, row->first_line, CELL_UNREAD, r->heads.at[i], row->values[i]);
    if (numbers + percents && c->total != COLUMN_NONE && !is_value(kind_at(r, printed, c->total + shift)))
        warn(r->mem, &row->warnings, row->first_line, TOTAL_UNREAD, row->total ? row->total : "");
    check_unit(r, row, printed, shift, numbers > 0);
}

static void check_ends(row_reader *r, import_row *row, const cells *printed, int shift, const char *sum) {
    const columns *c = &r->columns;
    int last = c->regions[c->regions_n - 1], behind = last + shift + 1;
    size_t missing = 0;
    for (size_t i = 0; i < c->regions_n; i++) {
        int at = c->regions[i] + shift;
        missing += (size_t) at >= printed->n;
    }
    if (missing)
        warn(r->mem, &row->warnings, row->first_line, CELL_MISSING_AT_END, count_text(r->mem, c->regions_n),
             count_text(r->mem, missing), r->heads.at[c->regions_n - missing], sum);
    if (shift < 0)
        warn(r->mem, &row->warnings, row->first_line, CELL_MISSING_IN_FRONT, sum);
    for (size_t i = (size_t) behind; i < printed->n && c->total < last && !c->others_behind; i++)
        if (printed->at[i].n)
            warn(r->mem, &row->warnings, row->first_line, CELL_EXTRA, clean(r->mem, printed->at[i]));
}

static void check_row(row_reader *r, import_row *row, const cells *printed, int shift) {
    row_sum sum = sum_of_row(r->mem, row);
    check_words(r, row, printed, shift);
    if (!sum.equal)
        warn(r->mem, &row->warnings, row->first_line, ROW_SUM, sum.text);
    else if (row->warnings.n && *sum.text)
        warn(r->mem, &row->warnings, row->first_line, ROW_SUM_AGREES, sum.text);
    check_ends(r, row, printed, shift, *sum.text ? sum.text : "—");
}

/* Counts the cells that say / and notes the first that says nothing. */
static void note_empty(row_reader *r, const cells *printed, int shift, row_place *place) {
    for (size_t i = 0; i < r->columns.regions_n; i++) {
        int at = r->columns.regions[i] + shift;
        value_kind kind = kind_at(r, printed, at);
        bool empty = kind == VALUE_EMPTY && (size_t) at < printed->n;
        r->nil += kind == VALUE_NIL;
        r->empty += empty;
        if (empty && !place->has_empty) {
            place->has_empty = true;
            place->empty_head = r->heads.at[i];
        }
    }
}

void row_read(row_reader *r, const cells *printed, int shift) {
    import_row *row = rows_add(r->mem, r->rows);
    if (!row) {
        r->overflow = r->overflow ? r->overflow : printed->first_line;
        return;
    }
    *row = (import_row){ .first_line = printed->first_line, .last_line = printed->last_line, .heads = r->heads };
    name_row(r, row, printed, shift);
    read_values(r, row, printed, shift);
    check_row(r, row, printed, shift);
    row_place *place = &r->places[r->rows->n - 1];
    *place = (row_place){ .group = r->group, .page = r->page };
    note_empty(r, printed, shift, place);
}

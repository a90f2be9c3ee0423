#include "import/unroll.h"

#include "base/buf.h"
#include "import/marks.h"
#include "import/outline.h"

/* What becomes of a column. */
typedef enum use { USE_TEXT, USE_NUMBER, USE_GROUP, USE_DUTY, USE_NOTHING } use;

typedef struct task_column {
    use use;
    const char *label; /* of a duty */
    span head;
} task_column;

typedef struct unroller {
    arena *mem;
    const lines *all;
    lines *out;
    import_warnings *doubts;
    task_column columns[CELLS_MAX];
    size_t n;      /* columns of the table above; 0 outside of one */
    int number_at; /* the column of numbers, or COLUMN_NONE */
    int head_line; /* where the table begins */
    cells row;     /* gathered so far; n 0 for none */
    int row_lines; /* it took */
    int number;    /* of the row before */
} unroller;

static const struct {
    const char *label;
    const char *const *words;
} duty_heads[] = {
#define HEADS(...)
#define HEAD_WORDS(...)
#define DUTY_HEADS(label, ...) { label, (const char *const[]){ __VA_ARGS__, NULL } },
#include "heads.def"
};

static task_column column_for(arena *mem, span cell) {
    static const char *const names[] = { "项目", "项目名称", NULL };
    span head = fold(mem, cell);
    size_t remark = span_find(head, "（列", 0);
    head.n = remark == SPAN_NONE ? head.n : remark;
    column_kind kind = column_of(head);
    if (kind == COLUMN_SEQ)
        return (task_column){ .use = USE_NUMBER };
    if (kind == COLUMN_ITEM || span_is_any(head, names))
        return (task_column){ .use = USE_TEXT };
    if (kind == COLUMN_CATEGORY)
        return (task_column){ .use = USE_GROUP, .head = head };
    for (size_t i = 0; i < countof(duty_heads); i++)
        if (span_has(head, duty_heads[i].words))
            return (task_column){ *duty_heads[i].label ? USE_DUTY : USE_NOTHING, duty_heads[i].label, head };
    return (task_column){ .use = USE_TEXT };
}

/* A cell under a head that is not known, or under a total, holds a number: a table of regions. */
static bool has_values(const unroller *u, const cells *row) {
    for (size_t i = 0; i < row->n && i < u->n; i++) {
        value_kind kind = cell_kind(u->mem, row->at[i]);
        if (u->columns[i].use == USE_TEXT && (kind == VALUE_NUMBER || kind == VALUE_PERCENT))
            return true;
    }
    return false;
}

/* A line of the row; `more` for all but its first. */
static void emit(unroller *u, const cells *row, const char *before, span text, bool more) {
    const char *printed = arena_printf(u->mem, "%s%.*s", before, (int) text.n, text.s);
    span whole = span_of(printed);
    u->out->at[u->out->n++] = (line){
        .no = row->first_line, .to = row->last_line, .printed = whole, .folded = fold(u->mem, whole), .more = more
    };
}

/* "3", "（3）", "2.3" and "2-3" as marks. */
static const char *mark_of(unroller *u, span cell) {
    if (u->number_at == COLUMN_NONE)
        return arena_printf(u->mem, "%d、", ++u->number);
    char *text = span_dup(u->mem, fold(u->mem, cell));
    if (mark_read(span_of(text)).n)
        return text;
    for (char *p = text; *p; p++)
        *p = *p == '-' ? '.' : *p;
    return arena_printf(u->mem, "%s、", text);
}

static bool is_nil(const unroller *u, span cell) {
    value_kind kind = cell_kind(u->mem, cell);
    return kind == VALUE_EMPTY || kind == VALUE_NIL;
}

/* A column whose cells go nowhere is told once. */
static void tell_dropped(unroller *u, task_column *column) {
    if (column->head.n)
        warn(u->mem, u->doubts, u->head_line, COLUMN_UNREAD, span_dup(u->mem, column->head));
    column->head.n = 0;
}

/* 一、工业经济 in a column of groups is the heading of the rows from there on. */
static void emit_group(unroller *u, task_column *column, span cell) {
    if (mark_read(fold(u->mem, cell)).kind != MARK_NONE)
        emit(u, &u->row, "", cell, false);
    else
        tell_dropped(u, column);
}

static void emit_texts(unroller *u) {
    const char *number = mark_of(u, cell_at(&u->row, u->number_at));
    bool more = false;
    for (size_t i = 0; i < u->n; i++)
        if (u->columns[i].use == USE_TEXT && cell_at(&u->row, (int) i).n) {
            emit(u, &u->row, more ? "" : number, u->row.at[i], more);
            more = true;
        }
    if (!more)
        emit(u, &u->row, number, (span){ "", 0 }, false);
}

static void emit_duties(unroller *u) {
    for (size_t i = 0; i < u->n && i < u->row.n; i++)
        if (u->columns[i].use == USE_DUTY && !is_nil(u, u->row.at[i]))
            emit(u, &u->row, arena_printf(u->mem, "%s：", u->columns[i].label), u->row.at[i], true);
}

/* The gathered row as lines. */
static void flush(unroller *u) {
    if (!u->row.n)
        return;
    for (size_t i = 0; i < u->n && i < u->row.n; i++) {
        task_column *column = &u->columns[i];
        if (column->use == USE_GROUP && u->row.at[i].n)
            emit_group(u, column, u->row.at[i]);
        else if (column->use == USE_NOTHING && !is_nil(u, u->row.at[i]))
            tell_dropped(u, column);
    }
    emit_texts(u);
    emit_duties(u);
    u->out->at[u->out->n - 1].closed = true;
    u->row.n = 0;
}

static void read_columns(unroller *u, const cells *head) {
    u->n = head->n;
    u->number_at = COLUMN_NONE;
    for (size_t i = 0; i < head->n; i++) {
        u->columns[i] = column_for(u->mem, head->at[i]);
        if (u->columns[i].use == USE_NUMBER && u->number_at == COLUMN_NONE)
            u->number_at = (int) i;
    }
}

/* 责任单位 above 牵头 and 配合: the second line of a header names the columns of duties. */
static bool read_second_line(unroller *u, const cells *more) {
    size_t named = 0;
    for (size_t i = 0; i < more->n; i++)
        if (more->at[i].n && (i >= u->n || column_for(u->mem, more->at[i]).use != USE_DUTY))
            return false;
        else
            named += more->at[i].n > 0;
    for (size_t i = 0; named > 1 && i < more->n; i++)
        if (more->at[i].n)
            u->columns[i] = column_for(u->mem, more->at[i]);
    return named > 1;
}

/* Heads of a table of tasks: a text, and units that do it; 单位 alone, which may be a measure, needs a term beside it.
 */
static bool names_tasks(const unroller *u, const cells *head) {
    static const char *const yearly[] = { "年度目标", NULL };
    static const char *const units[] = { "单位", NULL };
    size_t texts = 0, duties = 0, sure = 0;
    for (size_t i = 0; i < u->n; i++) {
        span name = fold(u->mem, head->at[i]);
        column_kind kind = column_of(name);
        if (kind == COLUMN_TOTAL && !span_is_any(name, yearly))
            return false;
        bool duty = u->columns[i].use == USE_DUTY;
        texts += u->columns[i].use == USE_TEXT;
        duties += duty;
        sure += duty && kind != COLUMN_UNIT && span_ends(span_of(u->columns[i].label), units);
    }
    return texts && (sure || duties > 1);
}

/* A table of regions has numbers under heads that are not known. */
static bool has_values_below(const unroller *u, size_t i) {
    enum { LOOK_AHEAD = 4 };
    cells row;
    for (size_t k = i; k < u->all->n && k < i + LOOK_AHEAD; k++) {
        cells_split(&u->all->at[k], &row);
        if (has_values(u, &row))
            return true;
    }
    return false;
}

/* The lines of the header of a table of tasks at line i; 0 for none. */
static size_t read_header(unroller *u, size_t i) {
    cells head, more = { .n = 0 };
    cells_split(&u->all->at[i], &head);
    if (!cells_are_heads(u->mem, &head))
        return 0;
    flush(u);
    read_columns(u, &head);
    if (i + 1 < u->all->n)
        cells_split(&u->all->at[i + 1], &more);
    size_t n = more.n && read_second_line(u, &more) ? 2 : 1;
    if (!names_tasks(u, &head) || has_values_below(u, i + n)) {
        u->n = 0;
        return 0;
    }
    u->head_line = u->all->at[i].no;
    if (u->number_at == COLUMN_NONE)
        warn(u->mem, u->doubts, u->head_line, NUMBERS_MISSING);
    return n;
}

/* "3", "（3）", "2.3", "2-3" and nothing else. */
static bool is_number(span cell) {
    static const char *const joints[] = { ".", "-", NULL };
    int number;
    if (!cell.n || mark_read(cell).n == cell.n || numeral_read(cell, &number) == cell.n)
        return cell.n;
    size_t above = digits_length(cell), joint = above ? span_starts(span_from(cell, above), joints) : 0;
    span rest = span_from(cell, above + joint);
    return joint && rest.n && digits_length(rest) == rest.n;
}

/* A line with a number in its column, or with all its cells where no column has numbers. */
static bool begins_row(const unroller *u, const cells *row) {
    return u->number_at == COLUMN_NONE ? row->n == u->n : is_number(fold(u->mem, cell_at(row, u->number_at)));
}

static size_t filled(const cells *row, size_t *ret_last) {
    size_t n = 0;
    for (size_t i = 0; i < row->n; i++)
        if (row->at[i].n)
            n++, *ret_last = i;
    return n;
}

/* A heading that fills a row of its own. */
static bool is_heading_row(const unroller *u, const cells *row) {
    size_t at, n = filled(row, &at);
    return n == 1 && mark_read(fold(u->mem, row->at[at])).kind != MARK_NONE &&
           mark_read(fold(u->mem, row->at[at])).n < fold(u->mem, row->at[at]).n;
}

static void merge_row(unroller *u, const cells *more) {
    for (size_t i = 0; i < more->n; i++) {
        span *cell = &u->row.at[i];
        if (more->at[i].n)
            *cell =
                span_of(arena_printf(u->mem, "%.*s\n%.*s", (int) cell->n, cell->s, (int) more->at[i].n, more->at[i].s));
    }
    u->row.last_line = more->last_line;
}

static void tell_lost(unroller *u, const line *printed) {
    warn(u->mem, u->doubts, printed->no, ROW_UNREAD);
}

/* A row takes no more than so many lines. */
static bool row_grows(unroller *u) {
    enum { LINES_MAX = 60 };
    return u->row.n && ++u->row_lines < LINES_MAX;
}

/* A line of cells below the header. */
static void take_cells(unroller *u, const cells *row, const line *printed) {
    size_t last;
    if (is_heading_row(u, row)) {
        flush(u);
        filled(row, &last);
        emit(u, row, "", row->at[last], false);
    } else if (begins_row(u, row)) {
        flush(u);
        u->row = *row;
        u->row_lines = 1;
    } else if (u->row.n < u->n && row_grows(u)) {
        cells_append(u->mem, &u->row, printed);
    } else if (row->n <= u->row.n && filled(row, &last) && row_grows(u)) {
        merge_row(u, row);
    } else {
        tell_lost(u, printed);
    }
}

/* Whether the cell that ends the open row goes on: a line of cells follows that begins no row. */
static bool goes_on(const unroller *u, size_t i) {
    enum { LINES_MAX = 4 };
    cells row;
    for (size_t k = i; u->row.n && u->row.n < u->n && k < u->all->n && k < i + LINES_MAX; k++) {
        cells_split(&u->all->at[k], &row);
        if (row.n)
            return !begins_row(u, &row);
    }
    return false;
}

/* A line without cells below the header. */
static void take_plain(unroller *u, size_t i) {
    const line *printed = &u->all->at[i];
    cells next = { .n = 0 };
    if (i + 1 < u->all->n)
        cells_split(&u->all->at[i + 1], &next);
    mark_kind kind = mark_read(printed->folded).kind;
    bool heading = kind != MARK_NONE || outline_is_title(printed->folded);
    if (goes_on(u, i) && kind != MARK_ORDINAL && row_grows(u)) {
        cells_append(u->mem, &u->row, printed);
    } else if (u->row.n && next.n && !heading) {
        warn(u->mem, u->doubts, printed->no, LINE_IN_TABLE);
    } else {
        flush(u);
        u->out->at[u->out->n++] = *printed;
        if (outline_is_title(printed->folded))
            u->n = 0, u->number = 0;
    }
}

static size_t take(unroller *u, size_t i) {
    cells row;
    cells_split(&u->all->at[i], &row);
    size_t n = row.n ? read_header(u, i) : 0;
    if (n)
        return n;
    if (u->n && row.n)
        take_cells(u, &row, &u->all->at[i]);
    else if (u->n)
        take_plain(u, i);
    else
        u->out->at[u->out->n++] = u->all->at[i];
    return 1;
}

/* A row becomes at most a group, a number and a line for each cell. */
static size_t lines_needed(const lines *all) {
    size_t n = all->n + 1;
    for (size_t i = 0; i < all->n; i++) {
        cells row;
        cells_split(&all->at[i], &row);
        n += row.n ? row.n + 2 : 0;
    }
    return n;
}

void unroll_read(arena *mem, const lines *all, lines *ret_lines, import_warnings *doubts) {
    *ret_lines = (lines){ .at = arena_array(mem, lines_needed(all), sizeof(*ret_lines->at)) };
    unroller *u = arena_alloc(mem, sizeof(*u));
    *u = (unroller){ .mem = mem, .all = all, .out = ret_lines, .doubts = doubts };
    for (size_t i = 0; i < all->n;)
        i += take(u, i);
    flush(u);
}

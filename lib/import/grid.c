#include "import/grid.h"

#include <string.h>

#include "base/buf.h"
#include "import/marks.h"
#include "import/outline.h"
#include "import/ruler.h"

/* How the rows below a header are set. */
typedef enum layout {
    LAYOUT_NONE,
    LAYOUT_COLUMNS, /* cells stand under their heads, two blanks or more apart */
    LAYOUT_WORDS,   /* one blank apart: blanks inside cells cannot be told from those between */
    LAYOUT_LINES,   /* one cell a line */
} layout;

typedef struct grid {
    arena *mem;
    const lines *all;
    lines *out;
    import_warnings *doubts;
    layout layout;
    ruled head;  /* where the heads stand; then where the cells of the last full row do */
    size_t item; /* the column that takes what is left over */
    int number;  /* of the row before */
} grid;

static const char *const bars[] = { "|", "│", "┃", "｜", NULL };

static void emit(grid *g, const cells *row) {
    buf text;
    buf_init(&text, g->mem);
    for (size_t i = 0; i < row->n; i++) {
        buf_adds(&text, i ? "\t" : "");
        buf_add(&text, row->at[i].s, row->at[i].n);
    }
    span printed = { text.s, text.n };
    g->out->at[g->out->n++] =
        (line){ .no = row->first_line, .to = row->last_line, .printed = printed, .folded = fold(g->mem, printed) };
}

/* +----+----+ */
static bool is_rule(span text) {
    static const char *const marks[] = { "-", "=", "+", "|", ":", "：", "—", "─", "━", "│", "┃", "├", "┤", "┬", "┴",
                                         "┼", "┌", "┐", "└", "┘", "┏",  "┓", "┗", "┛", "┣", "┫", "┳", "┻", "╋", NULL };
    enum { SHORTEST = 3 };
    size_t n = 0;
    for (size_t step; text.n && (step = span_starts(text, marks)) > 0; n++)
        text = span_from(text, step);
    return !text.n && n >= SHORTEST;
}

/* | 1 | 建校 | 市甲局 |: the cells between bars; n 0 when there are not two. */
static void split_at_bars(const line *printed, cells *ret_cells) {
    *ret_cells = (cells){ .first_line = printed->no, .last_line = printed->to };
    span rest = span_trim(printed->printed);
    size_t seen = span_starts(rest, bars) > 0;
    for (rest = span_drop_start(rest, bars); rest.n;) {
        size_t at = 0;
        while (at < rest.n && !span_starts(span_from(rest, at), bars))
            at += span_step(span_from(rest, at));
        size_t bar = span_starts(span_from(rest, at), bars);
        if (ret_cells->n < CELLS_MAX)
            ret_cells->at[ret_cells->n++] = span_trim(span_cut(rest, 0, at));
        rest = span_from(rest, at + bar);
        seen += bar > 0;
    }
    ret_cells->n = seen > 1 ? ret_cells->n : 0;
}

static void start_table(grid *g, layout how, const cells *head) {
    g->layout = how;
    g->number = 0;
    g->item = head->n > 1;
    for (size_t i = head->n; i-- > 0;)
        if (column_of(fold(g->mem, head->at[i])) == COLUMN_ITEM)
            g->item = i;
    emit(g, head);
}

static bool read_header_line(grid *g, size_t i) {
    static const int gaps[] = { [LAYOUT_COLUMNS] = 2, [LAYOUT_WORDS] = 1 };
    for (layout how = LAYOUT_COLUMNS; how <= LAYOUT_WORDS; how++) {
        ruled head;
        ruled_split(&g->all->at[i], gaps[how], &head);
        if (cells_are_heads(g->mem, &head.row)) {
            g->head = head;
            start_table(g, how, &head.row);
            return true;
        }
    }
    return false;
}

/* Heads on lines of their own, from 序号 to the number of the first row; how many, 0 for none. */
static size_t read_header_lines(grid *g, size_t i) {
    enum { HEADS_MAX = 12 };
    cells head = { .first_line = g->all->at[i].no };
    if (column_of(g->all->at[i].folded) != COLUMN_SEQ)
        return 0;
    for (size_t k = i; k < g->all->n && k < i + HEADS_MAX && !g->all->at[k].number; k++)
        head.at[head.n++] = span_trim(g->all->at[k].printed);
    size_t next = i + head.n;
    if (next >= g->all->n || !g->all->at[next].number || !cells_are_heads(g->mem, &head))
        return 0;
    head.last_line = g->all->at[next - 1].to;
    start_table(g, LAYOUT_LINES, &head);
    g->head.row = head;
    return head.n;
}

static size_t read_header(grid *g, size_t i) {
    size_t n = read_header_line(g, i) ? 1 : read_header_lines(g, i);
    if (!n && outline_is_title(g->all->at[i].folded))
        g->layout = LAYOUT_NONE;
    return n;
}

/* "1 新建农村公路…": the number of a row and its text in one cell. */
static void part_number(ruled *r) {
    static const char *const blank[] = { " ", "\u3000", NULL };
    size_t n = digits_length(r->row.at[0]);
    span rest = span_from(r->row.at[0], n);
    if (!n || !span_starts(rest, blank) || r->row.n == CELLS_MAX)
        return;
    memmove(r->row.at + 1, r->row.at, r->row.n * sizeof(*r->row.at));
    memmove(r->from + 1, r->from, r->row.n * sizeof(*r->from));
    memmove(r->to + 1, r->to, r->row.n * sizeof(*r->to));
    r->row.n++;
    r->row.at[0].n = n;
    r->row.at[1] = span_trim(rest);
    r->from[1] += (int) (n + 1);
}

static span join_cells(arena *mem, span a, span b) {
    return a.n ? span_of(arena_printf(mem, "%.*s%.*s", (int) a.n, a.s, (int) b.n, b.s)) : b;
}

/* A row with fewer cells than heads, or a line that continues one: each cell goes under the nearest head. */
static void place_cells(grid *g, const ruled *r) {
    enum { NEAR = 3 };
    cells row = { .n = g->head.row.n, .first_line = r->row.first_line, .last_line = r->row.last_line };
    bool doubtful = digits_length(r->row.at[0]) > 0;
    for (size_t i = 0; i < row.n; i++)
        row.at[i] = (span){ "", 0 };
    for (size_t i = 0; i < r->row.n; i++) {
        int off;
        size_t column = ruled_column(&g->head, r, i, &off);
        row.at[column] = join_cells(g->mem, row.at[column], r->row.at[i]);
        doubtful = doubtful || off > NEAR;
    }
    if (doubtful)
        warn(g->mem, g->doubts, r->row.first_line, CELL_PLACED_NEAR, count_text(g->mem, row.n),
             count_text(g->mem, r->row.n));
    emit(g, &row);
}

/* One line under heads: a row, the continuation of one, or text that ends the table. */
static size_t take_columns(grid *g, size_t i) {
    ruled r;
    const line *printed = &g->all->at[i];
    ruled_split(printed, 2, &r);
    if (r.row.n + 1 == g->head.row.n)
        part_number(&r);
    bool margin = r.row.n == 1 && r.from[0] < g->head.from[1] && !printed->number;
    if (margin) {
        g->layout = mark_read(printed->folded).kind == MARK_NONE ? LAYOUT_NONE : g->layout;
        return 0;
    }
    if (r.row.n != g->head.row.n) {
        place_cells(g, &r);
        return 1;
    }
    g->head = r;
    emit(g, &r.row);
    return 1;
}

/* The number that begins a row of words or lines; 0 when line i begins none. */
static int row_number(const grid *g, size_t i) {
    ruled r;
    int number = 0;
    ruled_split(&g->all->at[i], 1, &r);
    bool begins = r.row.n && (g->layout == LAYOUT_LINES ? g->all->at[i].number : r.row.n > 1) &&
                  digits_length(r.row.at[0]) == r.row.at[0].n;
    if (begins)
        numeral_read(r.row.at[0], &number);
    return number == g->number + 1 || number == 1 ? number : 0;
}

/* The line behind the row that begins at line i: the next row, a heading, a title or another table. */
static size_t row_end(const grid *g, size_t i) {
    enum { LINES_MAX = 40 };
    size_t end = i + 1;
    for (; end < g->all->n && end < i + LINES_MAX && !row_number(g, end); end++) {
        span text = g->all->at[end].folded;
        mark_kind kind = mark_read(text).kind;
        if (outline_is_title(text) || kind == MARK_PART || kind == MARK_ORDINAL || column_of(text) == COLUMN_SEQ)
            break;
    }
    return end;
}

/* The words or lines of a row in order. */
static void gather(const grid *g, size_t i, size_t end, cells *ret_row) {
    ruled r;
    *ret_row = (cells){ .first_line = g->all->at[i].no, .last_line = g->all->at[end - 1].to };
    if (g->layout == LAYOUT_LINES) {
        for (; i < end && ret_row->n < CELLS_MAX; i++)
            ret_row->at[ret_row->n++] = span_trim(g->all->at[i].printed);
        return;
    }
    buf joined;
    buf_init(&joined, g->mem);
    for (; i < end; i++)
        buf_add(&joined, g->all->at[i].printed.s, g->all->at[i].printed.n);
    line whole = { .printed = { joined.s, joined.n }, .no = ret_row->first_line, .to = ret_row->last_line };
    ruled_split(&whole, 1, &r);
    *ret_row = r.row;
}

/* More words than heads: the item takes those that are left over. */
static void fold_surplus(grid *g, cells *row) {
    size_t surplus = row->n - g->head.row.n;
    for (size_t k = 1; k <= surplus; k++)
        row->at[g->item] = join_cells(g->mem, row->at[g->item], row->at[g->item + k]);
    memmove(row->at + g->item + 1, row->at + g->item + 1 + surplus,
            (row->n - g->item - 1 - surplus) * sizeof(*row->at));
    row->n -= surplus;
}

static size_t take_words(grid *g, size_t i) {
    int number = row_number(g, i);
    cells row;
    if (!number)
        return 0;
    g->number = number;
    size_t end = row_end(g, i);
    gather(g, i, end, &row);
    if (row.n != g->head.row.n)
        warn(g->mem, g->doubts, row.first_line, CELL_PLACED_IN_TURN, count_text(g->mem, g->head.row.n),
             count_text(g->mem, row.n));
    if (row.n > g->head.row.n)
        fold_surplus(g, &row);
    emit(g, &row);
    return end - i;
}

/* The lines from i that were taken into the copy; 0 when line i is not of a drawn table. */
static size_t take(grid *g, size_t i) {
    cells row;
    split_at_bars(&g->all->at[i], &row);
    if (row.n) {
        emit(g, &row);
        return 1;
    }
    size_t n = read_header(g, i);
    if (n || g->layout == LAYOUT_NONE)
        return n;
    return g->layout == LAYOUT_COLUMNS ? take_columns(g, i) : take_words(g, i);
}

void grid_read(arena *mem, const lines *all, lines *ret_lines, import_warnings *doubts) {
    *ret_lines = (lines){ .at = arena_array(mem, all->n + 1, sizeof(*ret_lines->at)) };
    grid *g = arena_alloc(mem, sizeof(*g));
    *g = (grid){ .mem = mem, .all = all, .out = ret_lines, .doubts = doubts };
    for (size_t i = 0, n; i < all->n; i += n ? n : 1) {
        bool tabs = span_find(all->at[i].printed, "\t", 0) != SPAN_NONE;
        g->layout = tabs ? LAYOUT_NONE : g->layout;
        n = tabs || is_rule(all->at[i].folded) ? 0 : take(g, i);
        if (!n && !all->at[i].number && !is_rule(all->at[i].folded))
            ret_lines->at[ret_lines->n++] = all->at[i];
    }
}

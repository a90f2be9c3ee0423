#include "import/ruler.h"

#include <stdlib.h>

/* Half-width columns of a character; CJK and full-width forms take two. */
static int width_of(uint32_t c) {
    return c < 0x1100 ? 1 : c == 0x200b || c == 0xfeff ? 0 : 2;
}

static bool is_blank(uint32_t c) {
    return c == ' ' || c == 0x3000 || c == 0x00a0 || c == '\t' || c == 0x200b || c == '\f';
}

static void add_cell(ruled *r, span text, int from, int to) {
    if (r->row.n == CELLS_MAX)
        return;
    r->from[r->row.n] = from;
    r->to[r->row.n] = to;
    r->row.at[r->row.n++] = text;
}

void ruled_split(const line *printed, int gap, ruled *ret_ruled) {
    span text = printed->printed;
    size_t start = 0, end = 0; /* of the cell, without blanks behind it */
    int column = 0, from = 0, to = 0;
    *ret_ruled = (ruled){ .row = { .first_line = printed->no, .last_line = printed->to } };
    for (size_t at = 0; at < text.n;) {
        span here = span_from(text, at);
        uint32_t c = span_first(here);
        if (!is_blank(c)) {
            if (end > start && column - to >= gap)
                add_cell(ret_ruled, span_cut(text, start, end), from, to), start = end = at;
            if (end == start)
                start = at, from = column;
            end = at + span_step(here);
            to = column + width_of(c);
        }
        column += width_of(c);
        at += span_step(here);
    }
    if (end > start)
        add_cell(ret_ruled, span_cut(text, start, end), from, to);
}

/* How far the cell begins from where a column does, or how far their middles are apart. */
static int distance(const ruled *head, size_t column, const ruled *row, size_t i) {
    int starts = abs(head->from[column] - row->from[i]);
    int middles = abs(head->from[column] + head->to[column] - row->from[i] - row->to[i]) / 2;
    return starts < middles ? starts : middles;
}

size_t ruled_column(const ruled *head, const ruled *row, size_t i, int *ret_off) {
    size_t best = 0;
    for (size_t column = 1; column < head->row.n; column++)
        if (distance(head, column, row, i) < distance(head, best, row, i))
            best = column;
    *ret_off = distance(head, best, row, i);
    return best;
}

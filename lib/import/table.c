#include "import/table.h"

#include <string.h>

#include "import/marks.h"

static const char *const tab[] = { "\t", NULL };

void cells_split(const line *printed, cells *ret_cells) {
    *ret_cells = (cells){ .first_line = printed->no, .last_line = printed->to };
    span rest = printed->printed;
    if (span_find(rest, "\t", 0) == SPAN_NONE)
        return;
    bool more = true;
    while (more && ret_cells->n < CELLS_MAX) {
        size_t end = span_find(rest, *tab, 0);
        more = end != SPAN_NONE;
        ret_cells->at[ret_cells->n++] = span_trim(span_cut(rest, 0, more ? end : rest.n));
        rest = span_from(rest, more ? end + 1 : rest.n);
    }
}

void cells_append(arena *mem, cells *row, const line *printed) {
    cells more;
    cells_split(printed, &more);
    if (!more.n)
        more.at[more.n++] = span_trim(printed->printed);
    span *last = &row->at[row->n - 1];
    *last = span_of(arena_printf(mem, "%.*s%.*s", (int) last->n, last->s, (int) more.at[0].n, more.at[0].s));
    for (size_t i = 1; i < more.n && row->n < CELLS_MAX; i++)
        row->at[row->n++] = more.at[i];
    row->last_line = printed->to;
}

span cell_at(const cells *row, int i) {
    return i >= 0 && (size_t) i < row->n ? row->at[i] : (span){ "", 0 };
}

span cell_number(arena *mem, span cell) {
    static const char *const percent[] = { "%", NULL };
    return span_drop_end(fold(mem, cell), percent);
}

value_kind cell_kind(arena *mem, span cell) {
    static const char *const nil[] = { "/", "-", "—", "——", "--", "\\", "无", "\u2014\u2014", NULL };
    span text = fold(mem, cell);
    if (!text.n)
        return VALUE_EMPTY;
    if (span_is_any(text, nil))
        return VALUE_NIL;
    span number = cell_number(mem, cell);
    size_t n = digits_length(number);
    if (n && n + 1 < number.n && number.s[n] == '.')
        n += 1 + digits_length(span_from(number, n + 1));
    if (!n || n != number.n)
        return VALUE_WORD;
    return number.n == text.n ? VALUE_NUMBER : VALUE_PERCENT;
}

typedef struct head_group {
    column_kind kind;
    const char *const *words;
} head_group;

#define GROUP(kind, ...) { COLUMN_##kind, (const char *const[]){ __VA_ARGS__, NULL } },
#define NO_WORDS(...)
#define DUTY_HEADS NO_WORDS
static const head_group heads[] = {
#define HEADS GROUP
#define HEAD_WORDS NO_WORDS
#include "heads.def"
#undef HEADS
#undef HEAD_WORDS
};
static const head_group head_words[] = {
#define HEADS NO_WORDS
#define HEAD_WORDS GROUP
#include "heads.def"
};

column_kind column_of(span head) {
    for (size_t i = 0; i < countof(heads); i++)
        if (span_is_any(head, heads[i].words))
            return heads[i].kind;
    for (size_t i = 0; i < countof(head_words); i++)
        if (span_has(head, head_words[i].words))
            return head_words[i].kind;
    return COLUMN_REGION;
}

/* 牵头单位：市甲局 is no head. */
static bool can_be_head(span head) {
    static const char *const marks[] = { "：", "。", "，", "；", NULL };
    enum { LONGEST = 30 };
    return !span_has(head, marks) && span_length(head) <= LONGEST;
}

bool cells_are_heads(arena *mem, const cells *row) {
    enum { KNOWN_MIN = 3 };
    int known = 0, naming = 0;
    for (size_t i = 0; i < row->n; i++) {
        span head = fold(mem, row->at[i]);
        column_kind kind = can_be_head(head) ? column_of(head) : COLUMN_REGION;
        known += kind != COLUMN_REGION;
        naming += kind == COLUMN_SEQ || kind == COLUMN_CATEGORY || kind == COLUMN_ITEM;
    }
    return known >= KNOWN_MIN && naming;
}

/* A further line of the header: no values, and nothing under a head of the first line that stands alone. */
static bool is_header_more(arena *mem, const cells *row) {
    size_t words = 0;
    for (size_t i = 0; i < row->n; i++) {
        value_kind kind = cell_kind(mem, row->at[i]);
        if (kind != VALUE_WORD && kind != VALUE_EMPTY)
            return false;
        words += kind == VALUE_WORD;
    }
    return words > 1;
}

static void place_column(columns *c, int i, column_kind kind, span head) {
    int *const places[] = { [COLUMN_SEQ] = &c->seq,      [COLUMN_CATEGORY] = &c->category, [COLUMN_ITEM] = &c->item,
                            [COLUMN_SUB] = &c->sub_item, [COLUMN_UNIT] = &c->unit,         [COLUMN_TOTAL] = &c->total };
    c->others_behind = c->regions_n && kind == COLUMN_OTHER;
    if (kind == COLUMN_REGION && c->regions_n < IMPORT_REGIONS_MAX) {
        c->regions[c->regions_n] = i;
        c->heads[c->regions_n++] = head;
    } else if (kind != COLUMN_REGION && kind != COLUMN_OTHER && *places[kind] == COLUMN_NONE) {
        *places[kind] = i;
    }
    if (kind == COLUMN_CATEGORY && c->category == i)
        c->category_head = head;
}

/* A table with one naming column calls it 项目 or 项目名称: that is its item. */
static void settle_columns(columns *c) {
    if (c->item == COLUMN_NONE) {
        c->item = c->category;
        c->category = COLUMN_NONE;
    }
}

bool columns_begin(arena *mem, const line *printed) {
    cells row;
    cells_split(printed, &row);
    return cells_are_heads(mem, &row);
}

size_t columns_read(arena *mem, const lines *all, size_t i, columns *ret_columns) {
    enum { LINES_MAX = 3 };
    cells row, more;
    cells_split(&all->at[i], &row);
    if (!cells_are_heads(mem, &row))
        return 0;
    size_t n = 1;
    for (; n < LINES_MAX && i + n < all->n; n++) {
        cells_split(&all->at[i + n], &more);
        if (!more.n || !is_header_more(mem, &more) || cells_are_heads(mem, &more))
            break;
        for (size_t k = 0; k < more.n; k++) {
            if (k >= row.n)
                row.at[row.n++] = more.at[k];
            else if (more.at[k].n)
                row.at[k] = more.at[k];
        }
    }
    *ret_columns = (columns){
        COLUMN_NONE, COLUMN_NONE, COLUMN_NONE, COLUMN_NONE, COLUMN_NONE, COLUMN_NONE, .category_head = { "", 0 }
    };
    for (size_t k = 0; k < row.n; k++)
        if (row.at[k].n)
            place_column(ret_columns, (int) k, column_of(fold(mem, row.at[k])), row.at[k]);
    settle_columns(ret_columns);
    return ret_columns->item != COLUMN_NONE && ret_columns->regions_n ? n : 0;
}

#include "import/table.h"

#include <string.h>

#include "import/marks.h"

static const char *const tab[] = { "\t", NULL };

void cells_split(const line *printed, cells *ret_cells) {
    *ret_cells = (cells){ .first_line = printed->no, .last_line = printed->no };
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
    row->last_line = printed->no;
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

/* What a column is for, by its head. */
typedef enum column_kind {
    COLUMN_REGION,
    COLUMN_SEQ,
    COLUMN_CATEGORY,
    COLUMN_ITEM,
    COLUMN_SUB,
    COLUMN_UNIT,
    COLUMN_TOTAL,
    COLUMN_OTHER
} column_kind;

static const struct {
    const char *head;
    column_kind kind;
} heads[] = {
    { "序号", COLUMN_SEQ },          { "编号", COLUMN_SEQ },          { "项目名称", COLUMN_CATEGORY },
    { "类别", COLUMN_CATEGORY },     { "项目类别", COLUMN_CATEGORY }, { "领域", COLUMN_CATEGORY },
    { "类型", COLUMN_CATEGORY },     { "事项类别", COLUMN_CATEGORY }, { "项目", COLUMN_CATEGORY },
    { "实事类别", COLUMN_CATEGORY }, { "主要内容", COLUMN_ITEM },     { "项目内容", COLUMN_ITEM },
    { "任务内容", COLUMN_ITEM },     { "工作内容", COLUMN_ITEM },     { "具体内容", COLUMN_ITEM },
    { "建设内容", COLUMN_ITEM },     { "实事项目", COLUMN_ITEM },     { "事项", COLUMN_ITEM },
    { "内容", COLUMN_ITEM },         { "任务名称", COLUMN_ITEM },     { "工作任务", COLUMN_ITEM },
    { "任务", COLUMN_ITEM },         { "指标名称", COLUMN_ITEM },     { "指标", COLUMN_ITEM },
    { "民生实事", COLUMN_ITEM },     { "项目及内容", COLUMN_ITEM },   { "目标任务", COLUMN_ITEM },
    { "子项", COLUMN_SUB },          { "分项", COLUMN_SUB },          { "细项", COLUMN_SUB },
    { "分项名称", COLUMN_SUB },      { "子项目", COLUMN_SUB },        { "单位", COLUMN_UNIT },
    { "计量单位", COLUMN_UNIT },     { "计算单位", COLUMN_UNIT },     { "量纲", COLUMN_UNIT },
    { "全市任务", COLUMN_TOTAL },    { "全市", COLUMN_TOTAL },        { "合计", COLUMN_TOTAL },
    { "总计", COLUMN_TOTAL },        { "总任务", COLUMN_TOTAL },      { "总数", COLUMN_TOTAL },
    { "任务数", COLUMN_TOTAL },      { "目标数", COLUMN_TOTAL },      { "全市目标", COLUMN_TOTAL },
    { "全市合计", COLUMN_TOTAL },    { "任务总数", COLUMN_TOTAL },    { "年度目标", COLUMN_TOTAL },
    { "全县任务", COLUMN_TOTAL },    { "全区任务", COLUMN_TOTAL },    { "全县", COLUMN_TOTAL },
    { "全区", COLUMN_TOTAL },        { "全市总数", COLUMN_TOTAL },    { "全州", COLUMN_TOTAL },
    { "总量", COLUMN_TOTAL },        { "全市任务数", COLUMN_TOTAL },  { "目标总数", COLUMN_TOTAL },
    { "全市总任务", COLUMN_TOTAL },  { "备注", COLUMN_OTHER },        { "责任单位", COLUMN_OTHER },
    { "牵头单位", COLUMN_OTHER },    { "配合单位", COLUMN_OTHER },    { "完成时限", COLUMN_OTHER },
    { "建设任务", COLUMN_OTHER },    { "任务分解", COLUMN_OTHER },    { "分解任务", COLUMN_OTHER },
    { "责任领导", COLUMN_OTHER },    { "其中", COLUMN_OTHER },
};

/* What a head that is none of those contains; the first that fits decides. */
static const struct {
    const char *word;
    column_kind kind;
} head_words[] = {
    { "责任", COLUMN_OTHER },   { "牵头", COLUMN_OTHER },   { "配合", COLUMN_OTHER }, { "时限", COLUMN_OTHER },
    { "备注", COLUMN_OTHER },   { "合计", COLUMN_TOTAL },   { "总计", COLUMN_TOTAL }, { "总数", COLUMN_TOTAL },
    { "总任务", COLUMN_TOTAL }, { "总目标", COLUMN_TOTAL }, { "全市", COLUMN_TOTAL }, { "全县", COLUMN_TOTAL },
    { "全区", COLUMN_TOTAL },   { "全州", COLUMN_TOTAL },   { "计量", COLUMN_UNIT },  { "主要内容", COLUMN_ITEM },
};

static column_kind kind_of_head(span head) {
    for (size_t i = 0; i < countof(heads); i++)
        if (span_is(head, heads[i].head))
            return heads[i].kind;
    for (size_t i = 0; i < countof(head_words); i++)
        if (span_find(head, head_words[i].word, 0) != SPAN_NONE)
            return head_words[i].kind;
    return COLUMN_REGION;
}

static bool is_header_line(arena *mem, const cells *row) {
    enum { KNOWN_MIN = 3 };
    int known = 0;
    for (size_t i = 0; i < row->n; i++)
        known += kind_of_head(fold(mem, row->at[i])) != COLUMN_REGION;
    return known >= KNOWN_MIN;
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
    return is_header_line(mem, &row);
}

size_t columns_read(arena *mem, const lines *all, size_t i, columns *ret_columns) {
    enum { LINES_MAX = 3 };
    cells row, more;
    cells_split(&all->at[i], &row);
    if (!is_header_line(mem, &row))
        return 0;
    size_t n = 1;
    for (; n < LINES_MAX && i + n < all->n; n++) {
        cells_split(&all->at[i + n], &more);
        if (!more.n || !is_header_more(mem, &more) || is_header_line(mem, &more))
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
            place_column(ret_columns, (int) k, kind_of_head(fold(mem, row.at[k])), row.at[k]);
    settle_columns(ret_columns);
    return ret_columns->item != COLUMN_NONE && ret_columns->regions_n ? n : 0;
}

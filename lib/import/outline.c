#include "import/outline.h"

#include <string.h>

#include "base/buf.h"
#include "import/dates.h"
#include "import/everyone.h"
#include "import/leaders.h"
#include "import/measures.h"
#include "import/parts.h"

/* What a line is for the outline. */
typedef enum role { ROLE_MORE, ROLE_LOOSE, ROLE_TITLE, ROLE_MARK } role;

/* The paragraph that lines are added to at the moment. */
typedef struct builder {
    arena *mem;
    const lines *all;
    size_t second_line; /* of a broken title: the next line that is taken already; 0 for none */
    outline *out;
    int seen[MARK_KINDS]; /* the last number of each kind below the current wider mark */
    int above;            /* 1 of the last 1.2 */
    int last[MARK_KINDS]; /* the last number of each kind in the list: some number on through all sections */
    bool open;            /* the last paragraph still takes lines */
    bool has_units;       /* and has its unit line */
} builder;

enum { TITLE_BYTES_MAX = 45 * 4 };

static const char *const full_stops[] = { "。", "；", "：", "！", "？", "）", NULL };

/* A date alone, or an office and the day it had the paper printed. */
static bool is_date_line(span text) {
    static const char *const printed[] = { "印发", NULL };
    span date = span_drop_end(text, printed);
    return date_is(date) || (date.n < text.n && year_find(date));
}

/* Who signs stands alone on the line above the date. */
static bool is_signature(const lines *all, size_t i) {
    enum { LONGEST = 40 };
    static const char *const lists[] = { "、", "：", "，", NULL };
    span text = all->at[i].folded;
    return i + 1 < all->n && date_is(all->at[i + 1].folded) && span_length(text) <= LONGEST && !span_has(text, lists);
}

static bool is_loose(const lines *all, size_t i) {
    static const char *const starts[] = { "（此件", "此件",   "注：",   "备注：", "说明：", "注1", "※",
                                          "*",      "抄送：", "抄报：", "主送：", "分送：", NULL };
    span text = all->at[i].folded;
    return span_starts(text, starts) || is_date_line(text) || is_signature(all, i) || everyone_is_named(text);
}

bool outline_is_livelihood(span text) {
    static const char *const signs[] = { "民生实", "实事项目", "为民实事", "民生项目", "民生事项", "为民办实事", NULL };
    static const char *const others[] = { "重点工作", "重点任务", "目标任务", "主要任务", NULL };
    return span_has(text, signs) && !span_has(text, others);
}

bool outline_is_title(span text) {
    enum { LONGEST = 45 };
    static const char *const annex[] = { "附件", "附表", NULL };
    static const char *const strong[] = { "责任分解", "任务分解", "分解表",   "责任表",   "分工表",   "任务表",
                                          "项目表",   "任务书",   "一览表",   "清单",     "分解方案", "分工方案",
                                          "责任分工", "任务分工", "重点分工", "实事项目", "民生实事", NULL };
    static const char *const weak[] = { "分工", "工作", "任务", "事项", "项目", "要点", "分解", "实事", NULL };
    static const char *const never[] = { "。", "；", NULL };
    static const char *const brackets[] = { "）", NULL };
    if (span_length(text) > LONGEST || span_has(text, never))
        return false;
    if (span_starts(text, annex))
        return true;
    size_t open = span_ends(text, brackets) ? span_find(text, "（", 0) : SPAN_NONE;
    text.n = open == SPAN_NONE ? text.n : open;
    return span_ends(text, strong) ||
           (span_ends(text, weak) && year_find(span_cut(text, 0, text.n)) && digits_length(text));
}

/* Ends of lines are blanks to the reader of units; a label that begins its line is kept apart from what stands above,
 * and has a colon, printed or not. */
folded outline_join(arena *mem, const lines *all, size_t a, size_t b) {
    static const char *const apart = "\u2028", *const joined_by = "\n";
    buf joined;
    buf_init(&joined, mem);
    for (size_t i = a; i <= b; i++) {
        span text = span_trim(all->at[i].printed);
        size_t label = part_label_alone(text);
        part_kind kind;
        if (i > a)
            buf_adds(&joined, label || part_begins(all->at[i].folded, &kind) ? apart : joined_by);
        buf_add(&joined, text.s, label);
        buf_adds(&joined, label ? "：" : "");
        buf_add(&joined, text.s + label, text.n - label);
    }
    return fold_with_origin(mem, (span){ joined.s, joined.n });
}

/* A paragraph that ends with a stop, or has its unit line, takes no more marks as its own words. */
static bool is_complete(const builder *b) {
    const paragraph *p = &b->out->at[b->out->n - 1];
    return b->has_units || span_ends(b->all->at[p->last].folded, full_stops);
}

/* A mark out of turn in an unfinished sentence is a word of it, broken by the end of a page. */
static bool is_new_paragraph(const builder *b, mark m) {
    if (!b->open || m.number == b->seen[m.kind] + 1 || m.number == b->last[m.kind] + 1)
        return true;
    bool deeper = m.kind > b->out->at[b->out->n - 1].mark.kind;
    return is_complete(b) || (m.number == 1 && deeper);
}

/* 1.2 behind 1.1, 1.1 below 1., 2.1 behind the last of 1. */
static bool is_in_turn(const builder *b, mark m) {
    if (m.number > 1)
        return m.above == b->above && m.number == b->seen[MARK_DOTTED] + 1;
    return b->seen[MARK_DIGITS] ? m.above == b->seen[MARK_DIGITS] : m.above == b->above + 1;
}

/* 1.2 is a mark where no sentence goes on that 1.2 of something could belong to. */
static mark dotted_mark(const builder *b, span text) {
    mark m = mark_read_dotted(text);
    size_t unit;
    measure_read(span_from(text, m.n), &unit);
    bool free = !b->open || is_complete(b);
    bool fits = m.sure || (free && !unit) || (is_in_turn(b, m) && (free || !unit));
    return m.kind != MARK_NONE && fits ? m : (mark){ 0 };
}

static mark mark_at(const builder *b, size_t i) {
    span text = b->all->at[i].folded;
    mark m = mark_read(text);
    return m.kind == MARK_NONE ? dotted_mark(b, text) : m;
}

/* 颜某某副市长牵头事项 without a mark opens a section all the same. */
static bool is_leader_line(span text) {
    enum { LONGEST = 30, SCRATCH = 4096 };
    static const char *const verbs[] = { "牵头", "负责", "分管", "领办", NULL };
    if (span_length(text) > LONGEST || !span_has(text, verbs))
        return false;
    arena *scratch = arena_new(SCRATCH);
    leader who;
    bool found = leader_read(scratch, text, false, &who) && who.name;
    arena_free(scratch);
    return found;
}

/* A sentence behind the unit line is not one more unit. */
static bool is_remark(const builder *b, span text) {
    enum { SHORTEST = 12 };
    static const char *const stop[] = { "。", NULL };
    static const char *const list[] = { "、", "：", NULL };
    static const char *const prose[] = { "由", "要", "应", "将", "请", "进行", "负责", "按照", NULL };
    return b->open && b->has_units && span_length(text) >= SHORTEST && span_ends(text, stop) && !span_has(text, list) &&
           span_has(text, prose);
}

/* A title broken over two lines: it begins with its year, or as an annex does, and is one with the next line. */
static bool is_broken_title(const lines *all, size_t i) {
    span text = all->at[i].folded;
    if (i + 1 >= all->n || outline_is_title(text) || mark_read(all->at[i + 1].folded).kind != MARK_NONE)
        return false;
    if (digits_length(text) != sizeof("2025") - 1 || !year_find(text))
        return false;
    char joined[TITLE_BYTES_MAX];
    span next = all->at[i + 1].folded;
    if (text.n + next.n > sizeof(joined))
        return false;
    memcpy(joined, text.s, text.n);
    memcpy(joined + text.n, next.s, next.n);
    return outline_is_title((span){ joined, text.n + next.n });
}

static role role_of(const builder *b, size_t i, mark m) {
    span text = b->all->at[i].folded;
    if (b->all->at[i].more)
        return ROLE_MORE;
    if (is_loose(b->all, i))
        return ROLE_LOOSE;
    if (m.kind == MARK_NONE && is_remark(b, text))
        return ROLE_LOOSE;
    if (m.kind == MARK_DOTTED || (m.kind != MARK_NONE && is_new_paragraph(b, m)))
        return ROLE_MARK;
    if (m.kind == MARK_NONE && (!b->open || is_complete(b)) && is_leader_line(text))
        return ROLE_MARK;
    bool room = !b->open || is_complete(b) || b->out->at[b->out->n - 1].mark.kind == MARK_ORDINAL;
    return room && (outline_is_title(text) || is_broken_title(b->all, i)) ? ROLE_TITLE : ROLE_MORE;
}

static void start_list(builder *b, size_t first, span title) {
    b->out->lists[b->out->lists_n++] =
        (list_title){ .title = title, .first = first, .livelihood = outline_is_livelihood(title) };
    b->open = false;
    for (size_t kind = 0; kind < MARK_KINDS; kind++)
        b->seen[kind] = b->last[kind] = 0;
    b->above = 0;
}

static void start_paragraph(builder *b, size_t i, mark m) {
    if (m.kind == MARK_NONE)
        m = (mark){ .kind = MARK_ORDINAL, .number = b->seen[MARK_ORDINAL] + 1 };
    b->above = m.kind == MARK_DOTTED ? m.above : b->above;
    b->out->at[b->out->n++] = (paragraph){ .mark = m, .first = i, .last = i, .list = b->out->lists_n - 1 };
    b->open = true;
    b->seen[m.kind] = b->last[m.kind] = m.number;
    for (size_t kind = m.kind + 1; kind < MARK_KINDS; kind++)
        b->seen[kind] = 0;
}

/* The title at line i; its second line, if it has one, is taken with it. */
static span title_at(builder *b, size_t i) {
    if (!is_broken_title(b->all, i))
        return b->all->at[i].folded;
    b->second_line = i + 1;
    return outline_join(b->mem, b->all, i, i + 1).text;
}

static void take_line(builder *b, size_t i, role what, mark m) {
    bool units = span_find(b->all->at[i].folded, "单位：", 0) != SPAN_NONE;
    b->has_units = units || (b->has_units && what == ROLE_MORE);
    if (what == ROLE_TITLE)
        start_list(b, i, title_at(b, i));
    else if (what == ROLE_MARK)
        start_paragraph(b, i, m);
    else if (what == ROLE_MORE && b->open)
        b->out->at[b->out->n - 1].last = i;
    else
        b->out->loose[i] = true;
    b->open = b->open && what != ROLE_LOOSE && !b->all->at[i].closed;
}

void outline_read(arena *mem, const lines *all, const bool *taken, outline *ret_outline) {
    *ret_outline = (outline){
        .at = arena_array(mem, all->n + 1, sizeof(paragraph)),
        .lists = arena_array(mem, all->n + 1, sizeof(list_title)),
        .loose = arena_array(mem, all->n + 1, sizeof(bool)),
    };
    builder b = { .mem = mem, .all = all, .out = ret_outline };
    start_list(&b, 0, (span){ "", 0 });
    for (size_t i = 0; i < all->n; i++) {
        mark m = mark_at(&b, i);
        if (!taken[i] && !(i && i == b.second_line))
            take_line(&b, i, role_of(&b, i, m), m);
        b.open = b.open && !taken[i];
    }
}

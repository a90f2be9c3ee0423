#include "import/clause.h"

#include <string.h>

#include "import/marks.h"

static bool is_latin(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static size_t number_length(span text) {
    size_t n = digits_length(text);
    if (n + 1 < text.n && text.s[n] == '.' && digits_length(span_from(text, n + 1)))
        n += 1 + digits_length(span_from(text, n + 1));
    return n;
}

bool clause_is_quoted(span text, size_t at) {
    enum { REACH = 120 }; /* bytes; longer quotations are sentences */
    size_t from = at > REACH ? at - REACH : 0, to = at + REACH < text.n ? at + REACH : text.n;
    size_t open = SPAN_NONE;
    span left = span_cut(text, from, at);
    for (size_t p = span_find(left, "“", 0); p != SPAN_NONE; p = span_find(left, "“", p + 1))
        open = p;
    bool closed_before = open != SPAN_NONE && span_find(left, "”", open) != SPAN_NONE;
    return open != SPAN_NONE && !closed_before && span_find(span_cut(text, at, to), "”", 0) != SPAN_NONE;
}

/* Digits of a name (G60, 5G, 24×7), of a year or of a document number. */
static bool is_name_part(span text, size_t at, size_t end) {
    static const char *const glued[] = { "×", "/", "-", "—", ".", "（20", "+", NULL };
    static const char *const years[] = { "年", NULL };
    span before = span_cut(text, 0, at), rest = span_from(text, end);
    bool latin = at && is_latin(text.s[at - 1]);
    bool year = end - at == 4 && strncmp(text.s + at, "20", 2) == 0 && span_starts(rest, years);
    return latin || year || span_ends(before, glued) || span_starts(rest, named_by_number) ||
           clause_is_quoted(text, at);
}

/* 15~20年, 1—2条, 5%—7%: moves behind the second number. */
static void read_range(span text, figure *f) {
    static const char *const marks[] = { "~", "—", "-", "至", "——", NULL };
    size_t unit;
    measure_read(span_from(text, f->end), &unit);
    size_t width = span_starts(span_from(text, f->end), marks);
    unit = width ? 0 : unit;
    width = width ? width : span_starts(span_from(text, f->end + unit), marks);
    size_t start = f->end + unit + width, n = width ? number_length(span_from(text, start)) : 0;
    f->digits_to = span_cut(text, start, start + n);
    f->end = n ? start + n : f->end;
}

static void read_unit(span text, figure *f) {
    static const char *const more[] = { "多", "余", NULL };
    size_t n, few = span_starts(span_from(text, f->end), more);
    f->kind = measure_read(span_from(text, f->end + few), &n);
    f->unit = span_cut(text, f->end + few, f->end + few + n);
    f->to = f->end + few + n;
    size_t late = few ? 0 : span_starts(span_from(text, f->to), more);
    if (late && n) {
        size_t m;
        f->to += late;
        measure_kind kind = measure_read(span_from(text, f->to), &m);
        f->kind = m ? kind : f->kind;
        f->to += m;
    }
    f->comparator = few || late ? ">" : "";
}

/* 压缩至3个工作日内: behind a duration that is reached 内 is a limit; 3年内 alone is a term. */
static const char *limit_after(span text, const figure *f, size_t *ret_n) {
    static const char *const within[] = { "内", NULL };
    bool brought = f->kind == MEASURE_TIME && span_ends(span_cut(text, 0, f->at), bringing_words);
    *ret_n = brought ? span_starts(span_from(text, f->to), within) : 0;
    return *ret_n ? "<=" : comparator_after(span_from(text, f->to), ret_n);
}

static bool has_at_least(span text, size_t at) {
    static const char *const at_least[] = { "至少", NULL };
    enum { REACH = 15 }; /* bytes: 至少建成1个 */
    return span_has(span_cut(text, at > REACH ? at - REACH : 0, at), at_least);
}

static void read_comparators(span text, figure *f) {
    size_t n;
    const char *after = limit_after(text, f, &n);
    f->to += n;
    f->after = n > 0;
    const char *before = comparator_before(span_cut(text, 0, f->at), &n);
    f->from = f->at - n;
    f->before = n > 0;
    if (f->after)
        f->comparator = after;
    else if (f->before)
        f->comparator = before;
    else if (!*f->comparator && has_at_least(text, f->at))
        f->comparator = ">=";
}

static size_t read_figure(clause *c, size_t at) {
    figure f = { .at = at, .end = at + number_length(span_from(c->text, at)) };
    f.digits = span_cut(c->text, f.at, f.end);
    if (is_name_part(c->text, f.at, f.end))
        return f.end;
    read_range(c->text, &f);
    read_unit(c->text, &f);
    read_comparators(c->text, &f);
    c->figures[c->n++] = f;
    return f.end;
}

/* Bytes of a remark in brackets at the start: （同口径）. */
static size_t remark_length(span text) {
    size_t close = span_find(text, "）", 0);
    return span_first(text) == U'（' && close != SPAN_NONE ? close + strlen("）") : 0;
}

bool clause_closes(span tail) {
    static const char *const ends[] = { "、", "）", "的目标", "目标", "和", "及", "以及", "并", "且", "”", "；", NULL };
    tail = span_from(tail, remark_length(tail));
    return !tail.n || span_starts(tail, ends);
}

/* 40万头、26万只、3700万羽以上: a figure that only has a unit takes the comparator of its neighbours. */
static void spread_comparators(clause *c) {
    for (size_t i = 1; i < c->n; i++) {
        figure *f = &c->figures[i - 1], *next = &c->figures[i];
        if (!span_is(span_cut(c->text, f->to, next->from), "、") || !clause_closes(span_from(c->text, next->to)))
            continue;
        if (!*next->comparator && f->before)
            next->comparator = f->comparator;
        for (size_t k = i; k > 0 && next->after && !*c->figures[k - 1].comparator; k--)
            c->figures[k - 1].comparator = next->comparator;
    }
}

void clause_read(span text, clause *ret_clause) {
    ret_clause->text = text;
    ret_clause->n = 0;
    for (size_t at = 0; at < text.n && ret_clause->n < FIGURES_MAX;)
        at = digits_length(span_from(text, at)) ? read_figure(ret_clause, at) : at + 1;
    spread_comparators(ret_clause);
}

/* The first 、 outside brackets, or SPAN_NONE. */
static size_t find_pause(span text) {
    static const char *const pauses[] = { "、", NULL };
    span rest = text;
    span part = span_next_part(&rest, pauses);
    return part.n == text.n ? SPAN_NONE : part.n;
}

size_t clause_segment(const clause *c, size_t i) {
    static const char *const joints[] = { "、", "和", "及", "以及", "并", "与", NULL };
    for (; i > 0; i--) {
        span gap = span_cut(c->text, c->figures[i - 1].to, c->figures[i].at);
        size_t pause = find_pause(gap), joint = span_starts(gap, joints);
        if (joint || pause != SPAN_NONE)
            return c->figures[i - 1].to + (joint ? joint : pause + strlen("、"));
    }
    return 0;
}

span clause_before(const clause *c, size_t i) {
    size_t start = clause_segment(c, i), end = c->figures[i].from;
    return span_cut(c->text, start < end ? start : end, end);
}

span clause_noun(const clause *c, size_t i) {
    span tail = span_from(c->text, c->figures[i].to);
    size_t pause = find_pause(tail);
    return span_cut(tail, 0, clause_closes(tail) ? 0 : pause == SPAN_NONE ? tail.n : pause);
}

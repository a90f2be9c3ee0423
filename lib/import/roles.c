#include "import/roles.h"

static bool is_share_of_all(const figure *f) {
    return span_is(f->digits, "100");
}

/* The size of a class of things (10亿元以上企业, 60岁以上老人), not their number. */
static bool is_class_size(const clause *c, size_t i) {
    static const char *const classes[] = { "企业", "项目", "产业", "集群", "村",   "镇",   "平台", "园区",
                                           "工程", "单位", "主体", "商场", "合同", "基金", "的",   NULL };
    const figure *f = &c->figures[i];
    span noun = clause_noun(c, i);
    return f->kind == MEASURE_MONEY && (f->before || f->after) && !span_starts(noun, promising_verbs) &&
           span_has(noun, classes);
}

/* Another count closes the same phrase, so that this figure only describes what is counted. */
static bool describes_next(const clause *c, size_t i) {
    static const char *const pause[] = { "、", NULL };
    if (i + 1 == c->n)
        return false;
    const figure *f = &c->figures[i], *next = f + 1;
    span gap = span_cut(c->text, f->to, next->from);
    bool another = span_starts(gap, promising_verbs) && !span_ends(gap, bringing_words);
    return next->kind != MEASURE_CLASS && !next->digits_to.n && !another && !span_has(gap, pause) &&
           clause_closes(span_from(c->text, next->to));
}

/* 由62%提高到65%: the figure from which an indicator is brought to another. */
static bool is_base(const clause *c, size_t i) {
    static const char *const from[] = { "由", "从", NULL };
    return span_ends(span_cut(c->text, 0, c->figures[i].from), from) > 0;
}

static bool is_brought(const clause *c, const figure *f) {
    static const char *const limits[] = { "不超过", "不少于", "不低于", NULL };
    span before = span_cut(c->text, 0, f->at);
    return span_ends(before, limits) || span_ends(before, bringing_words);
}

/* A duration or an age is a target when it is reached, or when the indicator is one itself. */
static role role_of_time(const clause *c, const figure *f, bool closed) {
    bool brought = is_brought(c, f);
    if (!closed)
        return brought && !f->before ? ROLE_UNCLEAR : ROLE_NONE;
    bool indicator = span_ends(span_cut(c->text, 0, f->from), duration_indicators);
    return f->after || brought || indicator ? ROLE_TARGET : ROLE_NONE;
}

static span drop_adverbs(span text) {
    for (size_t n; (n = span_starts(text, measure_adverbs)) > 0;)
        text = span_from(text, n);
    return text;
}

/* A figure at the end of its phrase. */
static role role_of_closed(const clause *c, size_t i) {
    const figure *f = &c->figures[i];
    bool compared = f->before || f->after;
    if (is_base(c, i))
        return ROLE_UNCLEAR;
    if (f->kind == MEASURE_TIME)
        return role_of_time(c, f, true);
    if (f->kind == MEASURE_NONE && !f->unit.n)
        return compared ? ROLE_TARGET : ROLE_NONE;
    bool refers =
        f->kind == MEASURE_COUNT && !compared && span_starts(drop_adverbs(clause_before(c, i)), referring_verbs);
    return refers ? ROLE_NONE : ROLE_TARGET;
}

/* Figures in front of a noun that say nothing about its number. */
static bool only_describes(const clause *c, size_t i) {
    static const char *const of[] = { "的", NULL };
    const figure *f = &c->figures[i];
    bool attribute = span_starts(span_from(c->text, f->to), of) && f->kind == MEASURE_MONEY;
    return attribute || is_class_size(c, i) || describes_next(c, i);
}

/* A figure in front of its noun: 建成10个小镇. */
static role role_of_open(const clause *c, size_t i) {
    static const char *const whole_areas[] = { "全市", "全县", "全区", "全州", "市区", "市域", NULL };
    const figure *f = &c->figures[i];
    span before = clause_before(c, i);
    if (only_describes(c, i))
        return ROLE_NONE;
    if (f->kind == MEASURE_TIME)
        return role_of_time(c, f, false);
    if (f->kind == MEASURE_NONE && !f->unit.n)
        return ROLE_UNCLEAR;
    if (f->kind == MEASURE_SHARE)
        return f->before || is_share_of_all(f) ? ROLE_TARGET : ROLE_UNCLEAR;
    if (span_ends(span_drop_end(before, whole_areas), promising_verbs) || (i && !before.n))
        return ROLE_TARGET;
    bool refers = span_ends(before, referring_attributes) || span_has(span_cut(c->text, 0, f->at), referring_verbs);
    return refers ? ROLE_NONE : ROLE_UNCLEAR;
}

/* Money that is paid or deducted for something: a term of the measure. */
static bool is_incentive(const clause *c, size_t i) {
    static const char *const paying[] = { "给予", "补贴", "奖励", "补助", "资助", "奖补", "贴息", "按", "售价", NULL };
    measure_kind kind = c->figures[i].kind;
    return (kind == MEASURE_MONEY || kind == MEASURE_SHARE) && span_has(span_cut(c->text, 0, c->figures[i].at), paying);
}

role role_of_figure(const clause *c, size_t i) {
    const figure *f = &c->figures[i];
    if (f->kind == MEASURE_CLASS || is_incentive(c, i))
        return ROLE_NONE;
    return clause_closes(span_from(c->text, f->to)) ? role_of_closed(c, i) : role_of_open(c, i);
}

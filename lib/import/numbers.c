#include "import/numbers.h"

#include <string.h>

#include "base/buf.h"
#include "import/fold.h"
#include "import/marks.h"
#include "import/measures.h"

/* One number of a clause, seen with what surrounds it. */
typedef struct figure {
    size_t at, end; /* the digits */
    size_t from;    /* first byte of a comparator in front, else at */
    size_t to;      /* behind unit and comparator */
    measure_kind kind;
    span digits, digits_to; /* digits_to: the upper end of a range, n 0 without one */
    span unit;
    const char *comparator; /* "" when none is printed */
    bool before, after;     /* where the comparator stands */
} figure;

typedef enum role { ROLE_NONE, ROLE_TARGET, ROLE_UNCLEAR } role;

enum { FIGURES_MAX = 64, PHRASE_MAX = 240 };

/* One clause while its figures are judged. */
typedef struct clause {
    arena *mem;
    span text;
    figure figures[FIGURES_MAX];
    size_t n;
} clause;

static bool is_latin(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static size_t number_length(span text) {
    size_t n = digits_length(text);
    if (n + 1 < text.n && text.s[n] == '.' && digits_length(span_from(text, n + 1)))
        n += 1 + digits_length(span_from(text, n + 1));
    return n;
}

/* Inside quotation marks stand names and slogans: “551”计划. */
static bool is_quoted(span text, size_t at) {
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
    static const char *const glued[] = { "×", "/", "-", "—", ".", "（20", NULL };
    static const char *const behind[] = { "号", "×", "G", "D", "B", "+", NULL };
    span before = span_cut(text, 0, at), rest = span_from(text, end);
    bool latin = at && is_latin(text.s[at - 1]);
    static const char *const years[] = { "年", NULL };
    bool year = end - at == 4 && strncmp(text.s + at, "20", 2) == 0 && span_starts(rest, years);
    return latin || year || span_ends(before, glued) || span_starts(rest, behind) || is_quoted(text, at);
}

/* 15~20年, 1—2条: moves behind the second number. */
static void read_range(span text, figure *f) {
    static const char *const marks[] = { "~", "—", "-", "至", "——", NULL };
    size_t width = span_starts(span_from(text, f->end), marks);
    size_t n = width ? number_length(span_from(text, f->end + width)) : 0;
    f->digits_to = span_cut(text, f->end + width, f->end + width + n);
    f->end += n ? width + n : 0;
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

static void read_comparators(span text, figure *f) {
    enum { AT_LEAST_REACH = 15 }; /* bytes: 至少建成1个 */
    size_t n;
    const char *after = comparator_after(span_from(text, f->to), &n);
    f->to += n;
    f->after = n > 0;
    const char *before = comparator_before(span_cut(text, 0, f->at), &n);
    f->from = f->at - n;
    f->before = n > 0;
    if (f->after)
        f->comparator = after;
    else if (f->before)
        f->comparator = before;
    else if (!*f->comparator && span_find(span_cut(text, f->at > AT_LEAST_REACH ? f->at - AT_LEAST_REACH : 0, f->at),
                                          "至少", 0) != SPAN_NONE)
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

/* True when the phrase is over behind the figure: 30公里以上、… */
static bool closes(span tail) {
    static const char *const ends[] = { "、", "）", "的目标", "目标", "和", "及", "以及", "并", "”", "；", NULL };
    return !tail.n || span_starts(tail, ends);
}

/* 40万头、26万只、3700万羽以上: a figure that only has a unit takes the comparator of its neighbours. */
static void spread_comparators(clause *c) {
    for (size_t i = 1; i < c->n; i++) {
        figure *f = &c->figures[i - 1], *next = &c->figures[i];
        if (!span_is(span_cut(c->text, f->to, next->from), "、") || !closes(span_from(c->text, next->to)))
            continue;
        if (!*next->comparator && f->before)
            next->comparator = f->comparator;
        for (size_t k = i; k > 0 && next->after && !*c->figures[k - 1].comparator; k--)
            c->figures[k - 1].comparator = next->comparator;
    }
}

static void find_figures(clause *c) {
    for (size_t at = 0; at < c->text.n && c->n < FIGURES_MAX;)
        at = digits_length(span_from(c->text, at)) ? read_figure(c, at) : at + 1;
    spread_comparators(c);
}

/* The first 、 outside brackets, or SPAN_NONE. */
static size_t find_pause(span text) {
    static const char *const pauses[] = { "、", NULL };
    span rest = text;
    span part = span_next_part(&rest, pauses);
    return part.n == text.n ? SPAN_NONE : part.n;
}

/* Where the phrase of a figure begins: behind the last figure that a joint separates from it, or with the clause. */
static size_t segment_start(const clause *c, size_t i) {
    static const char *const joints[] = { "、", "和", "及", "以及", "并", "与", NULL };
    for (; i > 0; i--) {
        span gap = span_cut(c->text, c->figures[i - 1].to, c->figures[i].at);
        size_t pause = find_pause(gap), joint = span_starts(gap, joints);
        if (joint || pause != SPAN_NONE)
            return c->figures[i - 1].to + (joint ? joint : pause + strlen("、"));
    }
    return 0;
}

/* The size of a class of things (10亿元以上企业, 35蒸吨以下锅炉), not their number. */
static bool is_class_size(const figure *f) {
    return (f->kind == MEASURE_MONEY && (f->before || f->after)) || (f->kind == MEASURE_SHARE && f->after) ||
           f->kind == MEASURE_TIME;
}

/* Another count closes the same phrase, so that this figure only describes what is counted. */
static bool describes_next(const clause *c, size_t i) {
    const figure *f = &c->figures[i];
    span gap = i + 1 < c->n ? span_cut(c->text, f->to, c->figures[i + 1].from) : (span){ "", 0 };
    return i + 1 < c->n && c->figures[i + 1].kind != MEASURE_CLASS && !c->figures[i + 1].digits_to.n &&
           span_find(gap, "、", 0) == SPAN_NONE && closes(span_from(c->text, c->figures[i + 1].to));
}

/* A figure at the end of its phrase. */
static role closed_role(const clause *c, size_t i, span before) {
    const figure *f = &c->figures[i];
    if (f->kind == MEASURE_TIME)
        return f->after || span_ends(span_cut(c->text, 0, f->at), reaching_words) ? ROLE_TARGET : ROLE_NONE;
    if (f->kind == MEASURE_NONE && !f->unit.n)
        return f->before || f->after ? ROLE_TARGET : ROLE_NONE;
    for (size_t n; (n = span_starts(before, measure_adverbs)) > 0;)
        before = span_from(before, n);
    bool refers = f->kind == MEASURE_COUNT && !f->before && !f->after && span_starts(before, referring_verbs);
    return refers ? ROLE_NONE : ROLE_TARGET;
}

/* A figure in front of its noun: 建成10个小镇. */
static role open_role(const clause *c, size_t i, span before, span tail) {
    static const char *const of[] = { "的", NULL };
    static const char *const whole_areas[] = { "全市", "全县", "全区", "全州", "市区", "市域", NULL };
    const figure *f = &c->figures[i];
    if (span_starts(tail, of) || is_class_size(f) || describes_next(c, i))
        return ROLE_NONE;
    if (f->kind == MEASURE_NONE && !f->unit.n)
        return ROLE_NONE;
    if (f->kind == MEASURE_SHARE)
        return f->before || span_is(f->digits, "100") ? ROLE_TARGET : ROLE_UNCLEAR;
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

static role judge(const clause *c, size_t i) {
    const figure *f = &c->figures[i];
    if (f->kind == MEASURE_CLASS || is_incentive(c, i))
        return ROLE_NONE;
    span before = span_cut(c->text, segment_start(c, i) < f->from ? segment_start(c, i) : f->from, f->from);
    span tail = span_from(c->text, f->to);
    return closes(tail) ? closed_role(c, i, before) : open_role(c, i, before, tail);
}

/* The noun behind an open figure, up to the next pause. */
static span noun_behind(const clause *c, size_t i) {
    span tail = span_from(c->text, c->figures[i].to);
    size_t pause = find_pause(tail);
    return span_cut(tail, 0, closes(tail) ? 0 : pause == SPAN_NONE ? tail.n : pause);
}

static span clip(span text, size_t most) {
    while (text.n > most)
        text = span_from(text, span_step(text));
    return text;
}

/* The verb that opens the phrase before figure i and reaches over a list: 新增甲10人、乙4人. */
static span shared_verb(const clause *c, size_t i) {
    size_t start = i ? segment_start(c, i - 1) : 0;
    span first = span_cut(c->text, start, i ? c->figures[i - 1].at : 0);
    for (size_t n; (n = span_starts(first, measure_adverbs)) > 0;)
        first = span_from(first, n);
    size_t n = 0;
    for (size_t verb; (verb = span_starts(span_from(first, n), spreading_verbs)) > 0;)
        n += verb;
    return n || i < 2 ? span_cut(first, 0, n) : shared_verb(c, i - 1);
}

/* 力争完成制造业投资 -> 完成制造业投资; a phrase that only closes (力争15%) has the metric of the one before. */
static const char *metric_of(const clause *c, size_t i, const char *previous) {
    static const char *const links[] = { "控制在", "保持在", "稳定在", "提升至", "提高到", "提高至",
                                         "降至",   "达到",   "达",     "至",     "到",     NULL };
    const figure *f = &c->figures[i];
    size_t start = segment_start(c, i);
    span before = span_cut(c->text, start < f->from ? start : f->from, f->from);
    for (size_t n; (n = span_starts(before, measure_adverbs)) > 0;)
        before = span_from(before, n);
    before = span_drop_end(before, links);
    span noun = noun_behind(c, i);
    if (!before.n && !noun.n)
        return previous;
    span verb = start && !span_starts(before, promising_verbs) ? shared_verb(c, i) : span_cut(before, 0, 0);
    before = clip(before, PHRASE_MAX);
    noun.n = noun.n > PHRASE_MAX ? 0 : noun.n;
    return arena_printf(c->mem, "%.*s%.*s%.*s", (int) verb.n, verb.s, (int) before.n, before.s, (int) noun.n, noun.s);
}

static import_target make_target(const clause *c, size_t i, const char *previous) {
    const figure *f = &c->figures[i];
    size_t start = segment_start(c, i);
    span phrase = span_cut(c->text, start < f->from ? start : f->from, f->to + noun_behind(c, i).n);
    return (import_target){
        .metric = metric_of(c, i, previous),
        .comparator = *f->comparator ? f->comparator : "=",
        .number = span_dup(c->mem, f->digits),
        .unit = span_dup(c->mem, f->unit),
        .phrase = span_dup(c->mem, clip(phrase, PHRASE_MAX * 2)),
    };
}

typedef struct output {
    import_target *at;
    size_t n, max;
    bool full; /* more targets than fit */
    import_warnings *doubts;
    int line;
} output;

static void add_targets(const clause *c, size_t i, output *out) {
    const figure *f = &c->figures[i];
    if (out->n + 2 > out->max) {
        out->full = true;
        return;
    }
    import_target target = make_target(c, i, out->n ? out->at[out->n - 1].metric : "");
    if (f->digits_to.n) {
        target.comparator = ">=";
        out->at[out->n++] = target;
        target.number = span_dup(c->mem, f->digits_to);
        target.comparator = "<=";
    }
    out->at[out->n++] = target;
}

/* A count of ten or more written in characters at the start of the text: 二十所. */
static bool is_count_in_words(span text) {
    enum { TEN = 10 };
    int number;
    size_t n = digits_length(text) ? 0 : numeral_read(text, &number), unit;
    if (!n || number < TEN)
        return false;
    measure_kind kind = measure_read(span_from(text, n), &unit);
    return kind == MEASURE_COUNT || kind == MEASURE_AMOUNT;
}

/* Numbers in characters and fractions are left to a person. */
static bool has_number_in_words(span text) {
    static const char *const fractions[] = { "分之", "翻一番", "翻番", "倍增", NULL };
    static const char *const ordinal[] = {
        "第", "〇", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", NULL
    };
    for (size_t at = 0; at < text.n; at += span_step(span_from(text, at)))
        if (is_count_in_words(span_from(text, at)) && !span_ends(span_cut(text, 0, at), ordinal) &&
            !is_quoted(text, at))
            return true;
    return span_has(text, fractions);
}

static void read_clause(arena *mem, span text, output *out) {
    clause c = { .mem = mem, .text = span_from(text, mark_read(text).n) };
    find_figures(&c);
    out->full = out->full || c.n == FIGURES_MAX;
    if (out->doubts && has_number_in_words(c.text))
        warn(mem, out->doubts, out->line, "number_in_words", "“%s”中有以文字表示的数，未列为目标",
             span_dup(mem, clip(c.text, PHRASE_MAX)));
    for (size_t i = 0; i < c.n; i++) {
        role what = judge(&c, i);
        if (what == ROLE_TARGET)
            add_targets(&c, i, out);
        if (what == ROLE_UNCLEAR && out->doubts) {
            span phrase = clip(span_cut(c.text, segment_start(&c, i), c.figures[i].to), PHRASE_MAX);
            warn(mem, out->doubts, out->line, "number_unclear", "“%s”是目标数还是说明性数字，读不准，未列为目标",
                 span_dup(mem, phrase));
        }
    }
}

size_t numbers_find(arena *mem, span printed, import_target *targets, size_t max, import_warnings *doubts, int line) {
    static const char *const stops[] = { "，", "。", "；", "：", "！", "？", NULL };
    output out = { .at = targets, .max = max, .doubts = doubts, .line = line };
    for (span rest = fold(mem, printed); rest.n;)
        read_clause(mem, span_next_part(&rest, stops), &out);
    if (out.full && doubts)
        warn(mem, doubts, line, "numbers_many", "目标数超过 %zu 个，其余未读入", max);
    return out.n;
}

void numbers_read(arena *mem, import_item *item) {
    item->targets = arena_array(mem, IMPORT_TARGETS_MAX, sizeof(*item->targets));
    item->targets_n =
        numbers_find(mem, span_of(item->text), item->targets, IMPORT_TARGETS_MAX, &item->warnings, item->first_line);
}

int numbers_multiplier(const char **unit) {
    static const struct {
        const char *word;
        int power;
    } powers[] = { { "万亿", 12 }, { "千万", 7 }, { "百万", 6 }, { "亿", 8 }, { "万", 4 } };
    for (size_t i = 0; i < countof(powers); i++)
        if (strncmp(*unit, powers[i].word, strlen(powers[i].word)) == 0) {
            *unit += strlen(powers[i].word);
            return powers[i].power;
        }
    return 0;
}

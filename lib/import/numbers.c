#include "import/numbers.h"

#include <string.h>

#include "base/buf.h"
#include "import/fold.h"
#include "import/marks.h"
#include "import/roles.h"

enum { PHRASE_MAX = 240 };

/* One clause and where its targets go. */
typedef struct output {
    arena *mem;
    import_target *at;
    size_t n, max;
    bool full; /* more targets than fit */
    import_warnings *doubts;
    int line;
} output;

static span clip(span text, size_t most) {
    while (text.n > most)
        text = span_from(text, span_step(text));
    return text;
}

/* The verb that opens the phrase before figure i and reaches over a list: 新增甲10人、乙4人. */
static span shared_verb(const clause *c, size_t i) {
    size_t start = i ? clause_segment(c, i - 1) : 0;
    span first = span_cut(c->text, start, i ? c->figures[i - 1].at : 0);
    for (size_t n; (n = span_starts(first, measure_adverbs)) > 0;)
        first = span_from(first, n);
    size_t n = 0;
    for (size_t verb; (verb = span_starts(span_from(first, n), spreading_verbs)) > 0;)
        n += verb;
    return n || i < 2 ? span_cut(first, 0, n) : shared_verb(c, i - 1);
}

/* Without the base (由62%, 从上年的62%) that the figure before is, and what leads to it. */
static span drop_base(const clause *c, size_t i, span before) {
    static const char *const from[] = { "由", "从", NULL };
    enum { REACH = 30 }; /* bytes */
    const figure *base = i ? &c->figures[i - 1] : NULL;
    if (!base || !span_equal(base->unit, c->figures[i].unit) || c->text.s + base->at < before.s)
        return before;
    size_t end = (size_t) (c->text.s + base->at - before.s), start = end > REACH ? end - REACH : 0;
    for (; start < end; start++)
        if (span_starts(span_cut(before, start, end), from))
            return span_cut(before, 0, start);
    return before;
}

/* What stands in front of the figure and belongs to its metric: without 力争, a base, 提高到. */
static span metric_before(const clause *c, size_t i) {
    static const char *const is[] = { "为", "是", NULL };
    span before = clause_before(c, i);
    for (size_t n; (n = span_starts(before, measure_adverbs)) > 0;)
        before = span_from(before, n);
    before = span_drop_end(drop_base(c, i, before), bringing_words);
    return before.n && !clause_noun(c, i).n ? span_drop_end(before, is) : before;
}

/* 投资30亿元、增长12%: a change of what was named before. */
static bool is_change(span text) {
    static const char *const changes[] = { "增长", "下降", "提高", "减少", "降低", "上升", "增加", NULL };
    return span_is_any(text, changes);
}

/* 力争完成制造业投资 -> 完成制造业投资; a phrase that only closes (力争15%) has the metric of the one before. */
static const char *metric_of(arena *mem, const clause *c, size_t i, const char *previous) {
    span before = metric_before(c, i), noun = clause_noun(c, i);
    if (!before.n && !noun.n)
        return previous;
    if (is_change(before) && !noun.n)
        return arena_printf(mem, "%s%.*s", previous, (int) before.n, before.s);
    bool listed = clause_segment(c, i) && !span_starts(before, promising_verbs);
    span verb = listed ? shared_verb(c, i) : span_cut(before, 0, 0);
    before = clip(before, PHRASE_MAX);
    noun.n = noun.n > PHRASE_MAX ? 0 : noun.n;
    return arena_printf(mem, "%.*s%.*s%.*s", (int) verb.n, verb.s, (int) before.n, before.s, (int) noun.n, noun.s);
}

static import_target make_target(arena *mem, const clause *c, size_t i, const char *previous) {
    const figure *f = &c->figures[i];
    size_t start = f->from - clause_before(c, i).n;
    span phrase = span_cut(c->text, start, f->to + clause_noun(c, i).n);
    return (import_target){
        .metric = metric_of(mem, c, i, previous),
        .comparator = *f->comparator ? f->comparator : "=",
        .number = span_dup(mem, f->digits),
        .unit = span_dup(mem, f->unit),
        .phrase = span_dup(mem, clip(phrase, PHRASE_MAX * 2)),
    };
}

static void add_targets(const clause *c, size_t i, output *out) {
    const figure *f = &c->figures[i];
    if (out->n + 2 > out->max) {
        out->full = true;
        return;
    }
    import_target target = make_target(out->mem, c, i, out->n ? out->at[out->n - 1].metric : "");
    if (f->digits_to.n) {
        target.comparator = ">=";
        out->at[out->n++] = target;
        target.number = span_dup(out->mem, f->digits_to);
        target.comparator = "<=";
    }
    out->at[out->n++] = target;
}

/* A count written in characters at byte `at`: 二十所; below ten only behind a verb that promises (新建三所). */
static bool is_count_in_words(span text, size_t at) {
    static const char *const two[] = { "两", NULL };
    static const char *const vague[] = { "个", "项", "种", "批", "次", "道", "大", "条", NULL };
    enum { TEN = 10 };
    int number;
    span here = span_from(text, at);
    size_t n = digits_length(here) ? 0 : numeral_read(here, &number), unit;
    number = n ? number : (n = span_starts(here, two)) ? 2 : 0;
    if (number < 2)
        return false;
    span rest = span_from(here, n);
    measure_kind kind = measure_read(rest, &unit);
    bool counts = kind == MEASURE_COUNT || kind == MEASURE_AMOUNT;
    bool promised = !span_starts(rest, vague) && span_ends(span_cut(text, 0, at), promising_verbs);
    return counts && (number >= TEN || promised);
}

/* A phrase such as 翻一番, unless it belongs to the name of a plan. */
static bool has_fraction(span text) {
    static const char *const fractions[] = { "分之", "翻一番", "翻番", "倍增", NULL };
    static const char *const plans[] = { "计划", "行动", "工程", "方案", NULL };
    for (size_t at = 0, n; at < text.n; at += span_step(span_from(text, at)))
        if ((n = span_starts(span_from(text, at), fractions)) && !span_starts(span_from(text, at + n), plans) &&
            !clause_is_quoted(text, at))
            return true;
    return false;
}

/* Numbers in characters and fractions are left to a person. */
static bool has_number_in_words(span text) {
    static const char *const ordinal[] = {
        "第", "〇", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", NULL
    };
    for (size_t at = 0; at < text.n; at += span_step(span_from(text, at)))
        if (is_count_in_words(text, at) && !span_ends(span_cut(text, 0, at), ordinal) && !clause_is_quoted(text, at))
            return true;
    return has_fraction(text);
}

static void doubt_phrase(output *out, doubt_kind why, span phrase) {
    if (!out->doubts)
        return;
    const char *printed = span_dup(out->mem, clip(phrase, PHRASE_MAX));
    warnings_add(out->mem, out->doubts, doubt_about(out->line, why, WORDS(printed)));
}

static void read_clause(output *out, span text) {
    clause c;
    clause_read(span_from(text, mark_read(text).n), &c);
    out->full = out->full || c.n == FIGURES_MAX;
    if (has_number_in_words(c.text))
        doubt_phrase(out, DOUBT_NUMBER_IN_WORDS, c.text);
    for (size_t i = 0; i < c.n; i++) {
        role what = role_of_figure(&c, i);
        if (what == ROLE_TARGET)
            add_targets(&c, i, out);
        if (what == ROLE_UNCLEAR)
            doubt_phrase(out, DOUBT_NUMBER_UNCLEAR, span_cut(c.text, clause_segment(&c, i), c.figures[i].to));
    }
}

size_t numbers_find(arena *mem, span printed, import_target *targets, size_t max, import_warnings *doubts, int line) {
    static const char *const stops[] = { "，", "。", "；", "：", "！", "？", NULL };
    output out = { .mem = mem, .at = targets, .max = max, .doubts = doubts, .line = line };
    for (span rest = fold(mem, printed); rest.n;)
        read_clause(&out, span_next_part(&rest, stops));
    if (out.full && doubts)
        warn(mem, doubts, line, NUMBERS_MANY, count_text(mem, max));
    return out.n;
}

void numbers_read(arena *mem, import_item *item) {
    item->targets = arena_array(mem, IMPORT_TARGETS_MAX, sizeof(*item->targets));
    item->targets_n = numbers_find(mem, span_of(item->text + item->headline), item->targets, IMPORT_TARGETS_MAX,
                                   &item->warnings, item->first_line);
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

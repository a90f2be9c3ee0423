#include "import/measures.h"

#include <string.h>

const char *const measure_multipliers[] = { "万亿", "千万", "百万", "十万", "亿", "万", "千", "百", NULL };

static const struct {
    measure_kind kind;
    const char *const *words;
} measures[] = {
#define MEASURES(kind, ...) { MEASURE_##kind, (const char *const[]){ __VA_ARGS__, NULL } },
#include "measures.def"
#undef MEASURES
};

static measure_kind plain_measure(span text, size_t *ret_n) {
    measure_kind kind = MEASURE_NONE;
    *ret_n = 0;
    for (size_t i = 0; i < countof(measures); i++) {
        size_t n = span_starts(text, measures[i].words);
        if (n > *ret_n)
            kind = measures[i].kind, *ret_n = n;
    }
    return kind;
}

/* 台（套）, 家（次）: a second measure in brackets belongs to the first. */
static size_t bracket_length(span text) {
    static const char *const open[] = { "（", NULL };
    static const char *const close[] = { "）", NULL };
    size_t inner, n = span_starts(text, open);
    plain_measure(span_from(text, n), &inner);
    size_t end = n && inner ? span_starts(span_from(text, n + inner), close) : 0;
    return end ? n + inner + end : 0;
}

/* One measure with its multiplier: 万人, 台（套）. */
static measure_kind simple_measure(span text, size_t *ret_n) {
    size_t plain, behind, multiplier = span_starts(text, measure_multipliers);
    measure_kind kind = plain_measure(text, &plain);
    measure_kind multiplied = plain_measure(span_from(text, multiplier), &behind);
    if (!multiplier || plain > multiplier) {
        *ret_n = plain + (plain ? bracket_length(span_from(text, plain)) : 0);
        return kind;
    }
    behind = multiplied == MEASURE_CLASS ? 0 : behind;
    behind += behind ? bracket_length(span_from(text, multiplier + behind)) : 0;
    *ret_n = multiplier + behind;
    return multiplied == MEASURE_CLASS ? MEASURE_NONE : multiplied;
}

measure_kind measure_read(span text, size_t *ret_n) {
    static const char *const per[] = { "/", "每", "·", NULL };
    measure_kind kind = simple_measure(text, ret_n);
    for (size_t n, of = kind; of; *ret_n += n) { /* 万元/亩, 元/平方米·月 */
        size_t sign = span_starts(span_from(text, *ret_n), per);
        of = sign ? simple_measure(span_from(text, *ret_n + sign), &n) : MEASURE_NONE;
        n = of ? sign + n : 0;
    }
    return kind;
}

typedef struct comparing {
    const char *word;
    const char *comparator;
} comparing;

static const comparing after[] = {
    { "以上", ">=" }, { "及以上", ">=" }, { "（含）以上", ">=" }, { "以内", "<=" }, { "之内", "<=" },
    { "以下", "<=" }, { "及以下", "<=" }, { "左右", "~=" },       { "上下", "~=" }, { "（含）以下", "<=" },
};
static const comparing before[] = {
    { "达", ">=" },  { "达到", ">=" },   { "不少于", ">=" }, { "不低于", ">=" }, { "至少", ">=" },   { "不小于", ">=" },
    { "超", ">" },   { "超过", ">" },    { "突破", ">" },    { "高于", ">" },    { "快于", ">" },    { "大于", ">" },
    { "多于", ">" }, { "不超过", "<=" }, { "不高于", "<=" }, { "最高", "<=" },   { "不大于", "<=" }, { "不多于", "<=" },
    { "低于", "<" }, { "小于", "<" },    { "少于", "<" },    { "约", "~=" },     { "大约", "~=" },   { "≥", ">=" },
    { "≤", "<=" },   { ">", ">" },       { "<", "<" },       { "最低", ">=" },   { "稳定在", "=" },  { "不突破", "<=" },
};

const char *comparator_after(span text, size_t *ret_n) {
    const comparing *best = NULL;
    for (size_t i = 0; i < countof(after); i++)
        if (span_find(span_cut(text, 0, text.n < 24 ? text.n : 24), after[i].word, 0) == 0 &&
            (!best || strlen(after[i].word) > strlen(best->word)))
            best = &after[i];
    *ret_n = best ? strlen(best->word) : 0;
    return best ? best->comparator : "";
}

const char *comparator_before(span text, size_t *ret_n) {
    const comparing *best = NULL;
    for (size_t i = 0; i < countof(before); i++) {
        const char *const word[] = { before[i].word, NULL };
        if (span_ends(text, word) && (!best || strlen(before[i].word) > strlen(best->word)))
            best = &before[i];
    }
    *ret_n = best ? strlen(best->word) : 0;
    return best ? best->comparator : "";
}

#define VERBS(name, ...) const char *const name[] = { __VA_ARGS__, NULL };
#include "verbs.def"

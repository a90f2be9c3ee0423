/* Words around numbers: units of measure, comparators, and verbs that make a number a promise or a reference. */
#pragma once

#include "import/span.h"

/* How a measure behaves beside a noun. */
typedef enum measure_kind {
    MEASURE_NONE,
    MEASURE_COUNT,  /* 个 家 名: counts the noun behind it */
    MEASURE_AMOUNT, /* 公里 亩 吨 */
    MEASURE_MONEY,  /* 元 */
    MEASURE_SHARE,  /* % 倍 */
    MEASURE_TIME,   /* 天 小时 年 岁: a target only behind a verb that reaches it */
    MEASURE_CLASS,  /* 级 届 号: part of a name */
} measure_kind;

/* The measure at the start of the text with multiplier and divisor (万人, 万元/亩); *ret_n is its length in bytes, 0
 * for none. */
measure_kind measure_read(span text, size_t *ret_n);
/* A comparator behind the number (以上) or in front of it (不少于); "" when there is none. */
const char *comparator_after(span text, size_t *ret_n);
const char *comparator_before(span text, size_t *ret_n);

extern const char *const measure_multipliers[];
/* verbs.def */
extern const char *const promising_verbs[], *const referring_verbs[], *const referring_attributes[];
extern const char *const spreading_verbs[], *const measure_adverbs[], *const duration_indicators[];
extern const char *const bringing_words[], *const named_by_number[];

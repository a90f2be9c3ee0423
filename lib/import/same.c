#include "import/same.h"

#include <stdlib.h>
#include <string.h>

#include "import/fold.h"
#include "import/marks.h"

/* What two texts are compared by: the folded text, its pairs of characters sorted, and its numerals in order. */
typedef struct print {
    span text;
    uint64_t *pairs;
    size_t n;
    const char *numerals;
} print;

enum { PAIRS_MAX = 400, SIMILAR_PERCENT = 90 };

static int compare_pairs(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *) a, right = *(const uint64_t *) b;
    return (left > right) - (left < right);
}

static print print_of(arena *mem, const char *text) {
    static const char *const stops[] = { "。", "；", NULL };
    print p = { .text = span_drop_end(fold(mem, span_of(text)), stops),
                .pairs = arena_array(mem, PAIRS_MAX, sizeof(uint64_t)) };
    char *numerals = arena_alloc(mem, p.text.n + 1);
    uint64_t previous = 0;
    size_t kept = 0;
    for (size_t at = 0; at < p.text.n;) {
        span here = span_from(p.text, at);
        size_t step = span_step(here);
        int value;
        if (numeral_read(span_cut(here, 0, step), &value)) {
            memcpy(numerals + kept, here.s, step);
            kept += step;
        }
        if (previous && p.n < PAIRS_MAX)
            p.pairs[p.n++] = previous << 32 | span_first(here);
        previous = span_first(here);
        at += step;
    }
    p.numerals = numerals;
    qsort(p.pairs, p.n, sizeof(*p.pairs), compare_pairs);
    return p;
}

/* Twice the shared pairs over all pairs (Dice), in percent. */
static size_t likeness(const print *a, const print *b) {
    size_t shared = 0;
    for (size_t i = 0, j = 0; i < a->n && j < b->n;) {
        int order = compare_pairs(&a->pairs[i], &b->pairs[j]);
        shared += order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    return a->n + b->n ? 200 * shared / (a->n + b->n) : 0;
}

/* Lengths so different cannot be SIMILAR_PERCENT alike. */
static bool may_be_similar(const print *a, const print *b) {
    size_t less = a->n < b->n ? a->n : b->n, more = a->n < b->n ? b->n : a->n;
    return less * 5 >= more * 4 && a->n < PAIRS_MAX && b->n < PAIRS_MAX && strcmp(a->numerals, b->numerals) == 0;
}

/* One doubt for each similar item; many at once are told as such, for a record holds only so many doubts. */
static void doubt(arena *mem, import_item *item, const import_item *other, size_t *similar) {
    enum { SIMILAR_MAX = 20 };
    if (*similar < SIMILAR_MAX)
        warn(mem, &item->warnings, item->first_line, NEARLY_SAME, other->no);
    else if (*similar == SIMILAR_MAX)
        warn(mem, &item->warnings, item->first_line, NEARLY_SAME_MORE);
    ++*similar;
}

/* A whole list of equal items would name millions of pairs: each item tells how many there are. */
static void doubt_many(arena *mem, import_item *item) {
    if (item->same_as.n > IMPORT_SAME_MAX)
        warn(mem, &item->warnings, item->first_line, SAME_MANY, count_text(mem, item->same_as.n),
             count_text(mem, (size_t) IMPORT_SAME_MAX));
}

void same_read(arena *mem, import_list *list) {
    enum { SHORTEST = 6 }; /* pairs; very short texts say nothing */
    print *prints = arena_array(mem, list->n + 1, sizeof(*prints));
    for (size_t i = 0; i < list->n; i++)
        prints[i] = print_of(mem, list->at[i].text);
    size_t *similar = arena_array(mem, list->n + 1, sizeof(*similar)); /* beside list->at */
    for (size_t i = 0; i < list->n; i++)
        for (size_t j = i + 1; prints[i].n >= SHORTEST && j < list->n; j++) {
            const print *a = &prints[i], *b = &prints[j];
            if (span_equal(a->text, b->text)) {
                names_add(mem, &list->at[i].same_as, list->at[j].no);
                names_add(mem, &list->at[j].same_as, list->at[i].no);
            } else if (may_be_similar(a, b) && likeness(a, b) >= SIMILAR_PERCENT) {
                doubt(mem, &list->at[i], &list->at[j], &similar[i]);
                doubt(mem, &list->at[j], &list->at[i], &similar[j]);
            }
        }
    for (size_t i = 0; i < list->n; i++)
        doubt_many(mem, &list->at[i]);
}

#include "import/head.h"

#include <string.h>

#include "base/buf.h"
#include "import/dates.h"
#include "import/everyone.h"

/* The head ends with the addressee, the first numbered paragraph or the first table. */
static size_t head_end(const lines *all, const outline *o, const bool *taken) {
    static const char *const addressee[] = { "：", NULL };
    size_t limit = o->n ? o->at[0].first : all->n;
    for (size_t i = 0; i < limit; i++)
        if (taken[i] || span_ends(all->at[i].folded, addressee))
            return i;
    return limit;
}

/* Bytes up to and with 号 of a number such as 〔2025〕3号, in any brackets; 0 when the line does not begin with one. */
static size_t number_length(span text) {
    enum { LONGEST = 30 };
    size_t year = span_find(text, "（20", 0), end = span_find(text, "号", 0);
    if (year == SPAN_NONE || !year || end == SPAN_NONE || end < year || span_length(span_cut(text, 0, end)) > LONGEST)
        return 0;
    static const char *const signer[] = { "签发人", NULL };
    end += strlen("号");
    return end == text.n || span_starts(span_from(text, end), signer) ? end : 0;
}

static bool ends_title(span text) {
    static const char *const ends[] = { "通知", "意见", "方案", "分解", "分解表", "清单",
                                        "公告", "办法", "要点", "分工", "）",     NULL };
    return span_ends(text, ends);
}

static bool is_head_noise(span text) {
    static const char *const ends[] = { "文件", "印发", NULL };
    static const char *const annex[] = { "附件", "附表", NULL };
    return span_ends(text, ends) || span_starts(text, annex) || number_length(text) || date_is(text);
}

/* The title may be broken over lines; without a word that ends it, its first line stands for it. */
static const char *read_title(arena *mem, const lines *all, size_t end) {
    enum { LINES_MAX = 4, LONGEST = 100 };
    size_t first = 0, last = 0;
    while (last < end && last < first + LINES_MAX && (last < first || !ends_title(all->at[last].folded))) {
        first = is_head_noise(all->at[last].folded) ? last + 1 : first;
        last++;
    }
    if (first >= end || span_length(all->at[first].folded) > LONGEST ||
        mark_read(all->at[first].folded).kind != MARK_NONE)
        return NULL;
    last = last < end && last < first + LINES_MAX ? last : first;
    return span_dup(mem, outline_join(mem, all, first, last).text);
}

static const char *read_number(arena *mem, const lines *all, size_t end) {
    for (size_t i = 0; i < end; i++)
        if (number_length(all->at[i].folded)) {
            folded text = outline_join(mem, all, i, i);
            return span_without_blanks(mem, fold_printed(&text, 0, number_length(text.text)));
        }
    return NULL;
}

/* The first date that has a line to itself; else the one in front of 印发. */
static const char *read_date(arena *mem, const lines *all) {
    static const char *const printed[] = { "印发", NULL };
    for (size_t i = 0; i < all->n; i++)
        if (date_is(all->at[i].folded))
            return date_read(mem, all->at[i].folded);
    for (size_t i = all->n; i-- > 0;) {
        span text = all->at[i].folded;
        span date = span_drop_end(text, printed);
        for (size_t at = 0; date.n < text.n && at < date.n; at += span_step(span_from(date, at)))
            if (date_is(span_from(date, at)))
                return date_read(mem, span_from(date, at));
    }
    return NULL;
}

enum { SEAM_MAX = 24 };

/* The end of line i and the start of the next: a rule may be broken between them. */
static span seam_of(const lines *all, size_t i, char room[2 * SEAM_MAX]) {
    span left = all->at[i].folded, right = i + 1 < all->n ? all->at[i + 1].folded : (span){ "", 0 };
    left = left.n > SEAM_MAX ? span_from(left, left.n - SEAM_MAX) : left;
    right.n = right.n > SEAM_MAX ? SEAM_MAX : right.n;
    memcpy(room, left.s, left.n);
    memcpy(room + left.n, right.s, right.n);
    return (span){ room, left.n + right.n };
}

/* The loose lines, and all of them for the rule of order, which may stand behind a unit list. */
static void read_rules(arena *mem, const lines *all, const outline *o, import_document *document, rules *r) {
    static const char *const first[] = { "列第一位",   "排第一位", "排在第一", "排首位", "列首位",
                                         "第一个单位", "排名第一", "列第一",   NULL };
    static const char *const equal[] = { "排名不分先后", "不分先后", "排序不分",     "不分主次", "不设牵头",
                                         "无牵头",       "同等责任", "责任单位并列", NULL };
    static const char *const stop[] = { "。", "；", NULL };
    for (size_t i = 0; i < all->n; i++) {
        char room[2 * SEAM_MAX];
        span seam = seam_of(all, i, room);
        r->first_leads = r->first_leads || span_has(all->at[i].folded, first) || span_has(seam, first);
        r->equal = r->equal || (o->loose[i] && (span_has(all->at[i].folded, equal) || span_has(seam, equal)));
    }
    for (size_t i = 0, j; i < all->n; i = j + 1) {
        for (j = i; o->loose[i] && j + 1 < all->n && o->loose[j + 1];)
            j++;
        span text = o->loose[i] ? outline_join(mem, all, i, j).text : (span){ "", 0 };
        while (text.n) {
            span sentence = span_next_part(&text, stop);
            if (everyone_is_named(sentence))
                everyone_read(mem, sentence, &document->co_all);
        }
    }
}

/* The year of the plan: from the title, the titles of the lists, or the year in which the paper was issued. */
static int plan_year(arena *mem, const outline *o, const import_document *document) {
    int year = document->title ? year_find(span_of(document->title)) : 0;
    for (size_t i = 0; i < o->lists_n && !year; i++)
        year = year_find(o->lists[i].title);
    if (!year && document->date)
        year = year_find(span_of(arena_printf(mem, "%.4s年", document->date)));
    return year;
}

void head_read(arena *mem, const lines *all, const bool *taken, outline *o, import_document *document,
               rules *ret_rules) {
    size_t end = head_end(all, o, taken);
    document->number = read_number(mem, all, end);
    document->title = read_title(mem, all, end);
    document->date = read_date(mem, all);
    *ret_rules = (rules){ .year = plan_year(mem, o, document) };
    o->lists[0].livelihood = document->title && outline_is_livelihood(span_of(document->title));
    read_rules(mem, all, o, document, ret_rules);
}

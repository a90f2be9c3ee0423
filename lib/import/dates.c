#include "import/dates.h"

#include <string.h>

#include "import/marks.h"

enum { MONTHS = 12, YEAR_MIN = 2000, YEAR_MAX = 2099 };

static bool is_leap(int year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_days(int year, int month) {
    static const int days[MONTHS] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return days[month - 1] + (month == 2 && is_leap(year));
}

static bool is_real(int year, int month, int day) {
    return year >= YEAR_MIN && year <= YEAR_MAX && month >= 1 && month <= MONTHS && day >= 1 &&
           day <= month_days(year, month);
}

static const char *print_date(arena *mem, int year, int month, int day) {
    return is_real(year, month, day) ? arena_printf(mem, "%04d-%02d-%02d", year, month, day) : NULL;
}

/* Reads "<number><word>" at the start of *rest and moves behind it; 0 when it is not there. */
static int take(span *rest, const char *word) {
    int number;
    size_t n = numeral_read(*rest, &number);
    if (!n || span_find(*rest, word, n) != n)
        return 0;
    *rest = span_from(*rest, n + strlen(word));
    return number;
}

static bool take_date(span text, int ret_date[3]) {
    static const char *const words[] = { "年", "月", "日" };
    for (size_t i = 0; i < countof(words); i++)
        if ((ret_date[i] = take(&text, words[i])) == 0)
            return false;
    return !text.n && is_real(ret_date[0], ret_date[1], ret_date[2]);
}

bool date_is(span text) {
    int date[3];
    return take_date(text, date);
}

const char *date_read(arena *mem, span text) {
    int date[3];
    return take_date(text, date) ? print_date(mem, date[0], date[1], date[2]) : NULL;
}

/* Parts of a year that end on a known day. */
static const struct {
    const char *word;
    int month;
} terms[] = {
    { "一季度", 3 },  { "二季度", 6 },  { "三季度", 9 },   { "四季度", 12 }, { "第1季度", 3 },
    { "第2季度", 6 }, { "第3季度", 9 }, { "第4季度", 12 }, { "上半年", 6 },  { "下半年", 12 },
    { "年底", 12 },   { "年末", 12 },   { "年内", 12 },    { "年中", 6 },    { "全年", 12 },
};

static const char *term_end(arena *mem, span text, int year) {
    for (size_t i = 0; i < countof(terms); i++)
        if (span_find(text, terms[i].word, 0) != SPAN_NONE)
            return print_date(mem, year, terms[i].month, month_days(year, terms[i].month));
    return NULL;
}

/* 6月—12月: what stands behind the mark of a range, the text itself when there is none. */
static span range_end(span text) {
    static const char *const marks[] = { "—", "-", "~", "至", "到", NULL };
    size_t end = 0;
    for (const char *const *m = marks; *m; m++) {
        size_t at = span_find(text, *m, 0);
        if (at != SPAN_NONE && at + strlen(*m) > end)
            end = at + strlen(*m);
    }
    return span_from(text, end);
}

/* 2025.06, 2025-6-30, 2025/6/30 at the start; NULL when there is none. */
static const char *read_numeric(arena *mem, span text) {
    static const char *const marks[] = { ".", "-", "/", NULL };
    int parts[3] = { 0 };
    for (size_t i = 0; i < countof(parts); i++) {
        size_t n = digits_length(text);
        if (!n || (i == 0 && n != 4))
            break;
        numeral_read(text, &parts[i]);
        text = span_from(text, n);
        size_t sign = span_starts(text, marks);
        text = span_from(text, i < 2 && digits_length(span_from(text, sign)) ? sign : 0);
    }
    bool month = parts[1] >= 1 && parts[1] <= MONTHS;
    return month ? print_date(mem, parts[0], parts[1], parts[2] ? parts[2] : month_days(parts[0], parts[1])) : NULL;
}

static const char *read_words(arena *mem, span text, int year) {
    static const char *const whole_year[] = { "前", "完成", "内完成", "度", NULL };
    span first = text, rest = range_end(text);
    int printed_year = take(&rest, "年");
    year = printed_year ? printed_year : take(&first, "年") ? year_find(text) : year;
    int month = take(&rest, "月");
    int day = month ? take(&rest, "日") : 0;
    if (month)
        return month <= MONTHS ? print_date(mem, year, month, day ? day : month_days(year, month)) : NULL;
    if (printed_year && (!rest.n || span_is_any(rest, whole_year)))
        return print_date(mem, year, MONTHS, 31);
    return term_end(mem, text, year);
}

const char *deadline_read(arena *mem, span text, int year, bool *ret_several) {
    static const char *const stops[] = { "，", "；", "、", "。", NULL };
    const char *last = NULL;
    *ret_several = false;
    while (text.n) {
        span phrase = span_next_part(&text, stops);
        const char *numeric = read_numeric(mem, phrase), *date = numeric ? numeric : read_words(mem, phrase, year);
        *ret_several = *ret_several || (date && last && strcmp(date, last) != 0);
        last = date && (!last || strcmp(date, last) > 0) ? date : last;
    }
    return last;
}

/* First byte of the term that ends at `end`: numerals and words of time. */
static size_t term_start(span text, size_t end) {
    static const char *const parts[] = { "0",  "1",  "2",  "3",  "4",  "5",  "6",  "7",  "8",
                                         "9",  "年", "月", "日", "底", "末", "上", "下", "半",
                                         "一", "二", "三", "四", "季", "度", "今", "本", NULL };
    for (size_t n; (n = span_ends(span_cut(text, 0, end), parts)) > 0;)
        end -= n;
    return end;
}

const char *deadline_find(arena *mem, span text, int year) {
    static const char *const closings[] = { "底", "末", "日", NULL };
    const char *last = NULL;
    for (size_t at = span_find(text, "前", 0); at != SPAN_NONE; at = span_find(text, "前", at + 1)) {
        if (!span_ends(span_cut(text, 0, at), closings))
            continue;
        const char *date = read_words(mem, span_cut(text, term_start(text, at), at), year);
        bool past = date && year_find(span_of(arena_printf(mem, "%.4s年", date))) < year;
        if (date && !past && (!last || strcmp(date, last) > 0))
            last = date;
    }
    return last;
}

int year_find(span text) {
    static const size_t widths[] = { sizeof("2025") - 1, sizeof("二〇二五") - 1 };
    for (size_t at = span_find(text, "年", 0); at != SPAN_NONE; at = span_find(text, "年", at + 1))
        for (size_t i = 0; i < countof(widths); i++) {
            int year;
            if (at >= widths[i] && numeral_read(span_cut(text, at - widths[i], at), &year) == widths[i] &&
                year >= YEAR_MIN && year <= YEAR_MAX)
                return year;
        }
    return 0;
}

#include "domain/calendar.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"

enum { CHINA_OFFSET_MS = 8 * 3600 * 1000, DAY_MS = 24 * 3600 * 1000, YEAR_MIN = 1970, YEAR_MAX = 2199 };

typedef enum day_kind { HOLIDAY, WORKDAY } day_kind;

typedef struct exception {
    int32_t date; /* yyyymmdd */
    day_kind kind;
} exception;

/* In order of date. */
static const exception exceptions[] = {
#define DAY(year, month, day, kind) { year * 10000 + month * 100 + day, kind },
#include "domain/calendar_days.def"
#undef DAY
};

/* Proleptic Gregorian day count with years that start in March, so that the leap day comes last
 * (H. Hinnant, "chrono-compatible low-level date algorithms"). */
int32_t day_of(int year, int month, int day) {
    year -= month <= 2;
    int era = year / 400, year_of_era = year - era * 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void day_split(int32_t day, int *ret_year, int *ret_month, int *ret_day) {
    int z = day + 719468, era = z / 146097, day_of_era = z - era * 146097;
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month = (5 * day_of_year + 2) / 153;
    *ret_day = day_of_year - (153 * month + 2) / 5 + 1;
    *ret_month = month < 10 ? month + 3 : month - 9;
    *ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

int32_t day_at(int64_t now_ms) {
    return (int32_t) ((now_ms + CHINA_OFFSET_MS) / DAY_MS);
}

/* Digits and dashes, each in its place: sscanf alone would take a sign or a space for a digit. */
static bool has_date_shape(const char *text) {
    static const char shape[] = "dddd-dd-dd";
    for (size_t i = 0; i < sizeof(shape); i++)
        if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
            return false;
    return true;
}

bool day_parse(const char *text, int32_t *ret_day) {
    int year, month, day;
    if (!has_date_shape(text))
        return false;
    sscanf(text, "%4d-%2d-%2d", &year, &month, &day);
    int32_t parsed = day_of(year, month, day);
    int y, m, d;
    day_split(parsed, &y, &m, &d);
    bool is_date = y == year && m == month && d == day && year >= YEAR_MIN && year <= YEAR_MAX;
    if (is_date)
        *ret_day = parsed;
    return is_date;
}

char *day_text(arena *mem, int32_t day) {
    int y, m, d;
    day_split(day, &y, &m, &d);
    return arena_printf(mem, "%04d-%02d-%02d", y, m, d);
}

static int compare_exception(const void *key, const void *row) {
    int32_t date = *(const int32_t *) key, other = ((const exception *) row)->date;
    return (date > other) - (date < other);
}

bool is_workday(int32_t day) {
    int y, m, d;
    day_split(day, &y, &m, &d);
    int32_t date = y * 10000 + m * 100 + d;
    const exception *e = bsearch(&date, exceptions, countof(exceptions), sizeof(exceptions[0]), compare_exception);
    if (e)
        return e->kind == WORKDAY;
    int weekday = (day + 3) % 7; /* 1970-01-01 was a Thursday; 0 = Monday */
    return weekday < 5;
}

bool is_published(int32_t day) {
    int year, month, date;
    day_split(day, &year, &month, &date);
    return year >= exceptions[0].date / 10000 && year <= exceptions[countof(exceptions) - 1].date / 10000;
}

int32_t workday_after(int32_t day, int n) {
    while (!is_workday(day))
        day++;
    for (; n > 0; n--)
        do
            day++;
        while (!is_workday(day));
    return day;
}

int workdays_between(int32_t from, int32_t to) {
    if (to < from)
        return -workdays_between(to, from);
    int n = 0;
    for (int32_t day = from + 1; day <= to; day++)
        n += is_workday(day);
    return n;
}

static int32_t last_workday_before(int32_t day) {
    do
        day--;
    while (!is_workday(day));
    return day;
}

int32_t last_workday_of_year(int year) {
    return last_workday_before(day_of(year + 1, 1, 1));
}

int32_t last_workday_of_month(int year, int month) {
    return last_workday_before(month == 12 ? day_of(year + 1, 1, 1) : day_of(year, month + 1, 1));
}

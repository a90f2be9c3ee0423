#include "domain/period.h"

#include <stdio.h>

#include "domain/calendar.h"

enum { PERIOD_SIZE = sizeof("YYYY-MM-DD") };

bool period_parse(const char *text, int32_t *ret_period) {
    char first[PERIOD_SIZE];
    int n = snprintf(first, sizeof(first), "%s-01", text);
    return n == (int) sizeof(first) - 1 && day_parse(first, ret_period);
}

char *period_text(arena *mem, int32_t period) {
    int year, month, day;
    day_split(period, &year, &month, &day);
    return arena_printf(mem, "%04d-%02d", year, month);
}

int32_t period_of(int32_t day) {
    int year, month, first;
    day_split(day, &year, &month, &first);
    return day_of(year, month, 1);
}

int32_t period_due(int32_t period) {
    int year, month, day;
    day_split(period, &year, &month, &day);
    return last_workday_of_month(year, month);
}

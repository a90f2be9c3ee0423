/* Civil days and the official calendar of workdays. A day is an int32_t: days since 1970-01-01. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* The day of a Gregorian date (no check), and back. */
int32_t day_of(int year, int month, int day);
void day_split(int32_t day, int *ret_year, int *ret_month, int *ret_day);
/* The day in China (UTC+8, no summer time) at an instant, ms since 1970 UTC. */
int32_t day_at(int64_t now_ms);
/* Reads "YYYY-MM-DD"; false for anything that is not a date of 1970..2199. */
bool day_parse(const char *text, int32_t *ret_day);
char *day_text(arena *mem, int32_t day);

/* Monday to Friday, corrected by holidays and make-up days (calendar_days.def). */
bool is_workday(int32_t day);
/* False when the calendar of the day's year is not published: its workdays are provisional. */
bool is_published(int32_t day);
/* The n-th workday after `day` (n >= 0; for 0 the day itself or the next workday). */
int32_t workday_after(int32_t day, int n);
/* Workdays in (from, to]; negative when to < from. */
int workdays_between(int32_t from, int32_t to);
/* The last workday of a year, of a month. */
int32_t last_workday_of_year(int year);
int32_t last_workday_of_month(int year, int month);

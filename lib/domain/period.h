/* The months that are reported on: an int32_t, the first day of the month as days since 1970-01-01. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* Reads "YYYY-MM" of 1970..2199; false for anything else. */
bool period_parse(const char *text, int32_t *ret_period);
char *period_text(arena *mem, int32_t period);
/* The month a day is in. */
int32_t period_of(int32_t day);
/* Last day to hand its report in: the month's last workday. */
int32_t period_due(int32_t period);

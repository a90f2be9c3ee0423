/* Numbers to be reached: which numbers of a text are targets, with metric, comparator and unit. */
#pragma once

#include "import/records.h"

/* Reads the targets of an item's text into item->targets; a number of unclear role is a doubt of the item. */
void numbers_read(arena *mem, import_item *item);
/* The same for any printed text; at most max targets, doubts may be NULL. */
size_t numbers_find(arena *mem, span printed, import_target *targets, size_t max, import_warnings *doubts, int line);
/* The multiplier of a printed unit (万 is 10^4, 亿 10^8) as a power of ten; *unit moves behind it. */
int numbers_multiplier(const char **unit);

/* Civil dates as documents print them. Works on folded text. */
#pragma once

#include "import/span.h"

/* 2025年2月14日 or 二〇二五年二月十四日 filling the whole text: "2025-02-14"; NULL otherwise. */
const char *date_read(arena *mem, span text);
bool date_is(span text);
/* The last day of a printed term: 2025年12月底前, 6月底前, 年底前, 上半年, 三季度末, 2025.6; `year` serves where none
 * is printed (0: unknown). Of several terms the last; NULL when no day follows from the text. */
const char *deadline_read(arena *mem, span text, int year, bool *ret_several);
/* The last of the terms that end in 底前, 末前 or 日前 inside a sentence; those before `year` are past. NULL for none.
 */
const char *deadline_find(arena *mem, span text, int year);
/* The first year 20xx年 in the text, 0 when there is none. */
int year_find(span text);

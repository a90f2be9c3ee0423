/* Who leads a section: names and titles of people as headings print them. Works on folded text. */
#pragma once

#include "import/span.h"

typedef struct leader {
    const char *name;  /* several joined by 、; NULL when only a title is printed */
    const char *title; /* several joined by 、; "" when none is printed */
} leader;

/* Reads 张三常务副市长牵头…, 副市长李四, 党组成员、市长助理王五; false when the text is no such phrase.
 * named: the text follows a label such as 牵头领导：, so that a name without a title will do. */
MUST bool leader_read(arena *mem, span text, bool named, leader *ret_leader);

/* Items of the same words. */
#pragma once

#include "import/records.h"

/* Fills same_as of the items of a list: every item of the same words, in the list's order; nearly the same
 * words are a doubt on both. */
void same_read(arena *mem, import_list *list);

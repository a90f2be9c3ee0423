/* The same work listed under two leaders. */
#pragma once

#include "import/records.h"

/* Fills same_as of the items of a list: equal texts silently, nearly equal ones with a doubt on both. */
void same_read(arena *mem, import_list *list);

/* Sentences that name units once for all items. Works on folded text. */
#pragma once

#include "import/records.h"

/* True when a sentence says of all items that the units in it take part. */
bool everyone_is_named(span sentence);
/* The same of the items of one section: 本部分任务均由…. */
bool everyone_is_named_in_part(span sentence);
/* Adds the units of such a sentence that are not there yet. */
void everyone_read(arena *mem, span sentence, import_names *co_all);

/* Lists of units that are parted by blanks or ends of lines instead of marks. */
#pragma once

#include "import/fold.h"

/* Folds a printed list. Blanks between two units of one government, or two areas, become 、; where blanks between units
 * may be layout, *ret_doubtful is set. */
span spaced_fold(arena *mem, span printed, bool *ret_doubtful);

/* Tables drawn with bars, by blanks, or with one cell a line, as tab-separated lines. */
#pragma once

#include "import/records.h"
#include "import/table.h"

/* Copies the lines; rows of such tables become tab-separated, rules and bare page numbers vanish. A row whose cells
 * could not be told apart for certain is a doubt at its line. */
void grid_read(arena *mem, const lines *all, lines *ret_lines, import_warnings *doubts);

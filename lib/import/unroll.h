/* Tables of tasks (序号, 任务, 牵头单位, …) as the paragraphs they stand for. */
#pragma once

#include "import/records.h"
#include "import/table.h"

/* Copies the lines; each row becomes a numbered line with its text and a labelled line for each duty, so that what is
 * read out of paragraphs is read out of rows. Other tables stay as they are. */
void unroll_read(arena *mem, const lines *all, lines *ret_lines, import_warnings *doubts);

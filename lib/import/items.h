/* Turns the numbered paragraphs of each list into items under their leaders. */
#pragma once

#include "import/head.h"

/* Appends to tasks and livelihood; text, units, leader, deadline and their doubts, no numbers yet. */
void items_read(arena *mem, const lines *all, const outline *outline, const rules *rules, import_document *document);

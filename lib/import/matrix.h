/* The table that spreads each livelihood item over counties. */
#pragma once

#include "import/lines.h"
#include "import/records.h"

/* Appends the data rows of all tables to document->matrix and marks their lines in taken[]. */
void matrix_read(arena *mem, const lines *all, bool *taken, import_document *document);

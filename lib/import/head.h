/* The head of a document and the rules it states once for all items. */
#pragma once

#include "import/outline.h"
#include "import/records.h"

typedef struct rules {
    bool first_leads; /* the first unit of a list leads */
    bool equal;       /* the order of a list means nothing */
    int year;         /* the year of the plan, 0 when no title names it */
} rules;

/* taken: per line, true where a table has it. Fills number, title, date and co_all of the document; reads the rules; a
 * title may make lists[0] a livelihood list.
 */
void head_read(arena *mem, const lines *all, const bool *taken, outline *outline, import_document *document,
               rules *ret_rules);

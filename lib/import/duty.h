/* Who does an item and by when: the unit lines, brackets and deadlines of one numbered paragraph. */
#pragma once

#include "import/fold.h"
#include "import/names.h"

typedef struct duty {
    const char *lead;          /* named as leading; NULL otherwise */
    import_names list;         /* named without saying who leads, in order, counties included */
    import_names co, counties; /* co: named as helping */
    span leader;               /* after 责任领导： and the like, folded; n 0 when absent */
    span deadline;             /* after 完成时限：, folded; n 0 when absent */
    bool equal;                /* the text says that nobody leads */
    bool found;                /* a unit is named */
    const char *text;          /* the printed text without these parts */
    import_warnings doubts;
} duty;

/* Reads the paragraph behind byte `from` (its mark); `line` is the printed line that doubts point at. */
void duty_read(arena *mem, const folded *paragraph, size_t from, int line, duty *ret_duty);

/* The headings above an item: what each says for all items below it. */
#pragma once

#include "import/duty.h"
#include "import/leaders.h"
#include "import/outline.h"

typedef struct heading {
    int number;                /* 0: no such heading is open */
    leader who;                /* title NULL when it names no leader */
    const char *lead;          /* the unit that leads the section */
    bool equal;                /* its units do so together */
    import_names co, counties; /* and those that help it */
    span deadline;             /* and by when; n 0 when it does not say */
    bool livelihood;
} heading;

/* One open heading of each kind; [MARK_NONE] speaks for the whole list. */
typedef struct headings {
    heading at[MARK_KINDS];
} headings;

/* Opens the heading and closes the narrower ones; `d` is its duty. Doubts are about the document. */
void headings_open(arena *mem, headings *h, const lines *all, const paragraph *p, const duty *d,
                   import_warnings *doubts);
/* The innermost heading that names a leader, who leads the items, a deadline, livelihood items; NULL when none does. */
const heading *headings_leader(const headings *h);
const heading *headings_lead(const headings *h);
const heading *headings_deadline(const headings *h);
const heading *headings_livelihood(const headings *h);
/* 2.24 for item 24 of the section; with all levels 2.1.24. */
const char *headings_number(arena *mem, const headings *h, mark_kind item_kind, int number, bool all_levels);

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
    int announced, items; /* 8 of （8项）, 0 when it does not say; and those that were read */
    int printed_line;
} heading;

/* One open heading of each kind; [MARK_NONE] speaks for the whole list. */
typedef struct headings {
    heading at[MARK_KINDS];
} headings;

/* Opens the heading in place of those of its kind and narrower ones; `d` is its duty. Doubts are about the document. */
void headings_open(arena *mem, headings *h, const lines *all, const paragraph *p, const duty *d,
                   import_warnings *doubts);
/* An item stands below all that are open. */
void headings_count(headings *h);
/* Closes the headings of this kind and narrower ones; one that announced another number of items is a doubt. */
void headings_close(arena *mem, headings *h, mark_kind kind, import_warnings *doubts);
/* The innermost heading that names a leader, who leads the items, a deadline, livelihood items; NULL when none does. */
const heading *headings_leader(const headings *h);
const heading *headings_lead(const headings *h);
const heading *headings_deadline(const headings *h);
const heading *headings_livelihood(const headings *h);
/* 2.24 for item 24 of the section; with all levels 2.1.24. */
const char *headings_number(arena *mem, const headings *h, mark item, bool all_levels);

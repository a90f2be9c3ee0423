/* The skeleton of a document: its lists and their numbered paragraphs, before anything is read out of them. */
#pragma once

#include "import/lines.h"
#include "import/marks.h"

/* A numbered paragraph: lines[first..last] of one list; last is extended over the lines that follow it. */
typedef struct paragraph {
    mark mark;
    size_t first, last;
    size_t list;
} paragraph;

/* A list begins at its title; lists[0] has none and holds what comes before the first title. */
typedef struct list_title {
    span title;   /* folded; n 0 for lists[0] */
    size_t first; /* its line */
    bool livelihood;
} list_title;

typedef struct outline {
    paragraph *at;
    size_t n;
    list_title *lists;
    size_t lists_n;
    bool *loose; /* per line: stands outside of paragraphs, titles and tables */
} outline;

/* taken: per line, true where a table has it. */
void outline_read(arena *mem, const lines *all, const bool *taken, outline *ret_outline);
/* The printed lines a..b (inclusive) joined without a break, folded. */
folded outline_join(arena *mem, const lines *all, size_t a, size_t b);
/* True when a folded line is the title of a list. */
bool outline_is_title(span text);
/* True when a heading or title announces livelihood items and nothing else. */
bool outline_is_livelihood(span text);

/* The numbers of one clause, each seen with what surrounds it. Works on folded text. */
#pragma once

#include "import/measures.h"

typedef struct figure {
    size_t at, end; /* the digits */
    size_t from;    /* first byte of a comparator in front, else at */
    size_t to;      /* behind unit and comparator */
    measure_kind kind;
    span digits, digits_to; /* digits_to: the upper end of a range, n 0 without one */
    span unit;
    const char *comparator; /* "" when none is printed */
    bool before, after;     /* where the comparator stands */
} figure;

enum { FIGURES_MAX = 64 };

typedef struct clause {
    span text;
    figure figures[FIGURES_MAX];
    size_t n;
} clause;

/* Finds the figures; digits of names (G60, “551”, 12345热线) are none. */
void clause_read(span text, clause *ret_clause);
/* True when a phrase is over in front of such a text. */
bool clause_closes(span tail);
/* Where the phrase of figure i begins: behind the last figure that a joint separates from it, or with the clause. */
size_t clause_segment(const clause *c, size_t i);
/* What stands in the phrase before figure i, its comparator excluded. */
span clause_before(const clause *c, size_t i);
/* The noun behind an open figure, up to the next pause. */
span clause_noun(const clause *c, size_t i);
/* Inside quotation marks stand names and slogans. */
bool clause_is_quoted(span text, size_t at);

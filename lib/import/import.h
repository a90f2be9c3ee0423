/* Reads the breakdown genre (tasks and livelihood items under leaders, the table of counties) from plain text. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/call.h"

enum {
    IMPORT_TEXT_MAX = 4 << 20,  /* bytes of text */
    IMPORT_LINES_MAX = 100000,  /* printed lines */
    IMPORT_ITEMS_MAX = 2000,    /* items of one list */
    IMPORT_ROWS_MAX = 5000,     /* data rows of all tables */
    IMPORT_REGIONS_MAX = 64,    /* columns after the total */
    IMPORT_UNITS_MAX = 200,     /* units of one item */
    IMPORT_TARGETS_MAX = 40,    /* numbers of one item */
    IMPORT_SAME_MAX = 20,       /* numbers of same_as that are written */
    IMPORT_WARNINGS_MAX = 2000, /* of the document; a record holds fewer than 100 */
};

enum { IMPORT_WORDS = 4 };

/* A doubt: stable lower-case code, the printed line it is about, and the words its sentence is about. */
typedef struct import_warning {
    int line;
    int sentence; /* doubt_kind of doubt.h */
    const char *code;
    const char *words[IMPORT_WORDS];
} import_warning;

typedef struct import_warnings {
    import_warning *at;
    size_t n, room;
} import_warnings;

typedef struct import_names {
    const char **at;
    size_t n, room;
} import_names;

/* A number to be reached; number and unit as printed, so "3.5" and "万亩". */
typedef struct import_target {
    const char *metric;
    const char *comparator; /* one of >= > <= < ~= = */
    const char *number;
    const char *unit;
    const char *phrase;
} import_target;

/* Who leads: named as such, first of the list, named by the section, or nobody. */
typedef enum import_basis { IMPORT_EXPLICIT, IMPORT_FIRST_LISTED, IMPORT_SECTION, IMPORT_EQUAL } import_basis;

typedef struct import_item {
    const char *no;   /* section.item of its own list */
    const char *path; /* with all levels of numbering between */
    const char *leader, *leader_title;
    const char *text;
    size_t headline;  /* bytes of the text that are a title of its own in front of the sentence; 0 for none */
    const char *lead; /* NULL with IMPORT_EQUAL or when no unit is named */
    import_basis basis;
    import_names co, counties;
    const char *deadline; /* YYYY-MM-DD or NULL */
    import_target *targets;
    size_t targets_n;
    int first_line, last_line;
    import_names same_as; /* numbers of all items of the same words, in the order of the list */
    import_warnings warnings;
} import_item;

typedef struct import_list {
    import_item *at;
    size_t n, room;
} import_list;

typedef struct import_row {
    const char *no; /* of the numbered row it belongs to; NULL when none is printed */
    const char *category, *item, *sub_item, *unit, *total;
    import_names heads;  /* the columns after the total, shared by the rows of one table */
    const char **values; /* beside heads; NULL where nothing is assigned */
    int first_line, last_line;
    import_warnings warnings;
} import_row;

typedef struct import_rows {
    import_row *at;
    size_t n, room;
} import_rows;

/* Strings are never NULL unless said; the absent ones of the head are NULL. */
typedef struct import_document {
    arena *mem;                        /* owns all of it */
    const char *number, *title, *date; /* NULL when not printed; date YYYY-MM-DD */
    import_names co_all;               /* units named once for all items */
    import_list tasks, livelihood;
    import_rows matrix;
    import_warnings warnings;
} import_document;

/* Parses n bytes of UTF-8. The document lives as long as c, in an arena of its own that every permitted text fits.
 * Refused are only bytes that are no text and sizes beyond the limits; every doubt is a warning. */
MUST bh_err *import_parse(bh_call *c, const char *text, size_t n, import_document *ret_document);

/* What a doubt says, with the arithmetic where there is one. */
const char *import_warning_text(arena *mem, const import_warning *warning, bool is_english);

/* The document as one JSON object, its doubts in Chinese: a NUL-terminated string that lives as long as the document.
 */
const char *import_write_json(const import_document *document);

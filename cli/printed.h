/* Printed names and the ids they stand for. */
#pragma once

#include "app.h"

enum { PRINTED_MAX = 1000 };

typedef struct printed_names {
    char **at;    /* at most PRINTED_MAX, no two the same */
    int32_t *ids; /* 0 = not known */
    size_t n;
} printed_names;

void printed_init(app *a, printed_names *list);
/* Adds a name once; NULL and "" are none. Errors: OPTION_BAD beyond PRINTED_MAX. */
MUST bh_err *printed_add(app *a, printed_names *list, const char *name);
/* The id of a name, 0 when it is NULL or not known. */
int32_t printed_id(const printed_names *list, const char *name);

/* Asks the directory for all of them. */
MUST bh_err *printed_resolve_units(app *a, printed_names *list);
MUST bh_err *printed_resolve_leaders(app *a, printed_names *list);
/* Applies --unit 'printed=known'; *ret_new are the spellings that the directory does not know yet. Errors: NAME_MAPPED
 * for one that means another unit there. */
MUST bh_err *printed_map_units(app *a, printed_names *list, printed_names *ret_new);
/* Each spelling becomes an alias of its unit in the directory. */
MUST bh_err *printed_keep_units(app *a, const printed_names *list);
/* Applies --leader 'printed=login', for this command only. */
MUST bh_err *printed_map_leaders(app *a, printed_names *list);
/* How many are not known; each is told on stderr together with the option that maps it. */
size_t printed_report_unknown(app *a, const printed_names *list, const char *option);

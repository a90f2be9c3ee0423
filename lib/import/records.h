/* Growing the arrays of import.h. */
#pragma once

#include "import/doubt.h"
#include "import/span.h"

void names_add(arena *mem, import_names *names, const char *name);
bool names_have(const import_names *names, const char *name);
/* Adds the names of `from` that are neither `but` nor in `nor` (both may be NULL) nor there already. */
void names_copy(arena *mem, import_names *to, const import_names *from, const char *but, const import_names *nor);

/* A new, zeroed element; NULL when the list holds its maximum. */
import_item *list_add(arena *mem, import_list *list);
import_row *rows_add(arena *mem, import_rows *rows);

/* Adds a doubt; beyond the maximum the last one says so. */
void warnings_add(arena *mem, import_warnings *warnings, import_warning one);
/* warn(mem, &item->warnings, line, NO_UNITS); words that follow (at most IMPORT_WORDS) fill %1..%4 of doubts.def. */
#define WORDS(...)                      \
    (const char *const[IMPORT_WORDS]) { \
        __VA_ARGS__                     \
    }
#define warn(mem, warnings, line, name, ...) \
    warnings_add((mem), (warnings), doubt_about((line), DOUBT_##name, WORDS(__VA_ARGS__)))

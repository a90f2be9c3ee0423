#include "import/records.h"

#include <string.h>

/* Makes room for one more element of `size` bytes and returns the (possibly moved) array. */
static void *grow(arena *mem, void *at, size_t n, size_t *room, size_t size) {
    enum { FIRST_ROOM = 4 };
    if (n < *room)
        return at;
    *room = *room ? *room * 2 : FIRST_ROOM;
    void *bigger = arena_array(mem, *room, size);
    if (n)
        memcpy(bigger, at, n * size);
    return bigger;
}

void names_add(arena *mem, import_names *names, const char *name) {
    names->at = grow(mem, names->at, names->n, &names->room, sizeof(*names->at));
    names->at[names->n++] = name;
}

bool names_have(const import_names *names, const char *name) {
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->at[i], name) == 0)
            return true;
    return false;
}

void names_copy(arena *mem, import_names *to, const import_names *from, const char *but, const import_names *nor) {
    for (size_t i = 0; i < from->n; i++) {
        const char *name = from->at[i];
        if ((!but || strcmp(name, but) != 0) && !(nor && names_have(nor, name)) && !names_have(to, name))
            names_add(mem, to, name);
    }
}

import_item *list_add(arena *mem, import_list *list) {
    if (list->n == IMPORT_ITEMS_MAX)
        return NULL;
    list->at = grow(mem, list->at, list->n, &list->room, sizeof(*list->at));
    return &list->at[list->n++];
}

import_row *rows_add(arena *mem, import_rows *rows) {
    if (rows->n == IMPORT_ROWS_MAX)
        return NULL;
    rows->at = grow(mem, rows->at, rows->n, &rows->room, sizeof(*rows->at));
    return &rows->at[rows->n++];
}

void warnings_add(arena *mem, import_warnings *warnings, import_warning one) {
    if (warnings->n == IMPORT_WARNINGS_MAX) {
        warnings->at[warnings->n - 1] = doubt_about(one.line, DOUBT_TOO_MANY_WARNINGS, WORDS(NULL));
        return;
    }
    warnings->at = grow(mem, warnings->at, warnings->n, &warnings->room, sizeof(*warnings->at));
    warnings->at[warnings->n++] = one;
}

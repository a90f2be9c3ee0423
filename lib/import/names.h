/* Lists of units: split, complete, recognise. Works on folded text. */
#pragma once

#include "import/records.h"

typedef struct unit_name {
    const char *name;
    bool county; /* the government of an area (county, district, zone, town, street), alone or as a collective */
    bool leads;  /* marked （牵头） in the list itself */
} unit_name;

typedef struct unit_names {
    unit_name at[IMPORT_UNITS_MAX];
    size_t n;
    bool open;     /* the list ends in 等 */
    bool equal;    /* a note says that its order means nothing */
    bool overflow; /* more names than fit */
} unit_names;

/* Splits one list at 、 and at 和 及 between units, spreads a shared 政府 or 管委会, drops notes in brackets.
 * after_comma: the list stands behind a comma, where counties are named even without 政府. */
void names_split(arena *mem, span list, bool after_comma, unit_names *ret_names);
/* Without 等 or 等有关部门 at the end. */
span names_drop_open_end(span list);
/* True when the text ends like the name of a unit and is as long as one. */
bool name_is_unit(span name);
/* True for the government of an area, alone or as a collective. */
bool name_is_county(span name);
/* True for a note on the order of the list (列第一位的为牵头单位, 下同), which names nobody. */
bool name_is_note(span text);
/* Why a name is doubtful; DOUBT_NONE where it is not. */
doubt_kind name_doubt(span name);

/* What the numbers of units and people stand for; the directory tells everybody who is logged in. */
#pragma once

#include "app.h"
#include "bihuan/v1/directory.pb-c.h"

typedef struct names {
    Bh__Unit **units;
    Bh__User **users;
    size_t unit_count, user_count;
} names;

MUST bh_err *names_load(app *a, names *ret_names);
/* The number itself where it is unknown, "" for 0. */
const char *names_unit(app *a, const names *known, int32_t unit_id);
const char *names_user(app *a, const names *known, int32_t user_id);

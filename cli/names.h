/* What the numbers of units and people stand for; the directory tells everybody who is logged in. */
#pragma once

#include "app.h"
#include "bihuan/v1/directory.pb-c.h"

typedef struct names {
    Bh__Unit **units;
    Bh__User **users;
    size_t unit_count, user_count;
} names;

/* Asks the directory once; from then on a->names knows them. */
MUST bh_err *names_load(app *a);
/* The number itself where it is unknown or names were not loaded, "" for 0. */
const char *names_unit(const app *a, int32_t unit_id);
const char *names_user(const app *a, int32_t user_id);

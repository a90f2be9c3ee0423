/* Applications: which move asks, which grants, and what each kind asks for. */
#pragma once

#include "domain/task.h"

/* Fields of a request that only some kinds take. */
typedef enum application_field { ASKS_NOTHING, ASKS_UNIT, ASKS_DAY, ASKS_RESULT, ASKS_FIELDS } application_field;

typedef struct application_row {
    move_about kind;
    task_move apply, grant;
    application_field field;
    const char *zh, *en; /* what the field asks for, before its value */
} application_row;

/* NULL when there is no such kind. */
const application_row *application_of(move_about kind);
/* BAD_FIELD for a field that the kind does not take, or lacks; `given` says which are there, ASKS_FIELDS of them. */
bh_err *application_check(bh_call *call, const application_row *row, const bool *given);

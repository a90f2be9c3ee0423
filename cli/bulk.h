/* Commands over all tasks of an import. */
#pragma once

#include "app.h"
#include "bihuan/v1/task.pb-c.h"

/* The tasks of --import ID --all that are in the state where the method applies. Errors: OPTION_MISSING. */
MUST bh_err *bulk_tasks(app *a, const char *method, Bh__Task ***ret_tasks, size_t *ret_n);

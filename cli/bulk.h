/* Commands over all tasks of an import. */
#pragma once

#include "bihuan/v1/task.pb-c.h"
#include "remote.h"

/* The tasks of --import ID --all that are in a state where the method applies. Errors: OPTION_MISSING,
 * OPTIONS_EXCLUSIVE. */
MUST bh_err *bulk_tasks(app *a, const char *method, Bh__Task ***ret_tasks, size_t *ret_n);

/* One command about one task of the list. */
typedef bh_err *(*bulk_one)(app *a, remote_method method, const Bh__Task *task, ProtobufCMessage **ret_response);
/* Gives the command about each of bulk_tasks and shows the answers; a refusal does not stop the others. */
MUST bh_err *bulk_run(app *a, remote_method method, bulk_one one);

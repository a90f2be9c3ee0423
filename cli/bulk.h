/* Commands over all tasks of an import. */
#pragma once

#include "bihuan/v1/task.pb-c.h"
#include "remote.h"

/* The tasks of --import ID --all that are in a state where the method applies; tells where there are none. Errors:
 * OPTION_MISSING, OPTIONS_EXCLUSIVE, NOT_FOUND_OBJECT for an import without any task. */
MUST bh_err *bulk_tasks(app *a, const char *method, Bh__Task ***ret_tasks, size_t *ret_n);
/* True for people when bulk_tasks had none to give: JSON and CSV still show the empty list. */
bool bulk_is_over(const app *a, size_t n);

/* One command about one task of the list. */
typedef bh_err *(*bulk_one)(app *a, remote_method method, const Bh__Task *task, ProtobufCMessage **ret_response);
/* Gives the command about each of bulk_tasks and shows the answers; a refusal does not stop the others. */
MUST bh_err *bulk_run(app *a, remote_method method, bulk_one one);

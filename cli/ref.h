/* What people call things, made into ids by asking the server. */
#pragma once

#include "app.h"
#include "bihuan/v1/directory.pb-c.h"
#include "bihuan/v1/progress.pb-c.h"
#include "bihuan/v1/task.pb-c.h"

/* A task by id, by the beginning of one (4 digits or more) or by number ("2.24"; --import narrows it).
 * Errors: NOT_FOUND_OBJECT, AMBIGUOUS_NAME with the candidates. */
MUST bh_err *ref_task(app *a, const char *text, const char **ret_id);
/* The whole task. */
MUST bh_err *ref_get_task(app *a, const char *task_id, Bh__Task **ret_task);
/* A unit by number or by any of its names. Errors: UNIT_UNKNOWN. */
MUST bh_err *ref_unit(app *a, const char *text, int32_t *ret_id);
/* A leader by number, shown name or login. Errors: NOT_FOUND_OBJECT. */
MUST bh_err *ref_leader(app *a, const char *text, int32_t *ret_id);
/* A person by number or login. */
MUST bh_err *ref_user(app *a, const char *text, int32_t *ret_id);
MUST bh_err *ref_find_user(app *a, const char *text, Bh__User **ret_user);
/* A report by id, or TASK@PERIOD for the own unit's. */
MUST bh_err *ref_report(app *a, const char *text, const char **ret_id);
/* The own unit's report on a task for a period; NULL when none is open. */
MUST bh_err *ref_own_report(app *a, const char *task_id, const char *period, Bh__Report **ret_report);
/* An application of the task by id or the beginning of one; without text the open one, or the last when none is open:
 * so a repeated decision finds what it decided. */
MUST bh_err *ref_application(app *a, const Bh__Task *task, const char *text, const Bh__Application **ret_application);

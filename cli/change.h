/* One change of the stream, as people and tables show it. */
#pragma once

#include "app.h"
#include "bihuan/v1/audit_service.pb-c.h"
#include "bihuan/v1/task.pb-c.h"

/* The head of the table; nothing but for CSV. */
void change_print_head(app *a);
/* `task` is what changed, as it is now; NULL when it is no task or could not be read. */
void change_print(app *a, const Bh__Change *change, const Bh__Task *task);

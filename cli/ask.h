/* Questions to the person at the terminal. */
#pragma once

#include "app.h"

/* Goes on after "yes" or with --yes. Errors: NOT_CONFIRMED, also without a terminal. */
MUST bh_err *ask_confirmation(app *a, const char *question);
/* A password: the file that `option` names, the variable of this name, or the terminal without echo.
 * Errors: OPTION_MISSING, FILE_UNREADABLE. */
MUST bh_err *ask_password(app *a, const char *option, const char *variable, const char *question,
                          const char **ret_password);

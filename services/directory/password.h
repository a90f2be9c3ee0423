/* Passwords: few are looked at in the same moment, and looking takes as long for a login nobody has. */
#pragma once

#include <stdbool.h>

#include "base/call.h"

/* The string to store; an error when it is too short or the hash cannot be made. */
MUST bh_err *password_make(bh_call *call, const char *password, const char **ret_stored);
/* Compares; `stored` "" (nobody has the login) never matches. Errors: QUEUE_FULL when the turn does not come in time.
 */
MUST bh_err *password_check(bh_call *call, const char *stored, const char *password, bool *ret_matches);

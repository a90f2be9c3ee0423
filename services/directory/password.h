/* Passwords: few are looked at in the same moment, and looking takes as long for a login nobody has. */
#pragma once

#include <stdbool.h>

#include "base/call.h"

/* Takes a place among the few, waiting for it; PASSWORDS_BUSY when too many wait or no turn comes within the deadline,
 * at once when that can be foreseen. */
MUST bh_err *password_enter(bh_call *call);
void password_leave(void);

/* The string to store; an error when nobody may choose it or the hash cannot be made. Enters and leaves. */
MUST bh_err *password_make(bh_call *call, const char *password, const char **ret_stored);
/* An error when nobody could have it; when nobody may choose it. */
MUST bh_err *password_check_size(bh_call *call, const char *password);
MUST bh_err *password_check_new(bh_call *call, const char *password);
/* Between enter and leave: compares; `stored` "" (nobody has the login) never matches. */
bool password_fits(const char *stored, const char *password);

/* Logging in: the password, the choice of a post, the session. */
#pragma once

#include "store.h"

/* Counts an attempt for the login, then looks at the password: LOGIN_THROTTLED, LOGIN_FAILED. Whoever gets in clears
 * the count. The one way in which a password is tried, whatever for. */
MUST bh_err *login_try(bh_call *c, const command *cmd, const char *login, const char *password,
                       login_attempt *ret_attempt);
/* Opens a session; fills the whole response or says why not. The token is in the response and nowhere else. */
MUST bh_err *login_open(bh_call *c, const command *cmd, const Bh__LoginRequest *req, Bh__LoginResponse *resp);

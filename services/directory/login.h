/* Logging in: the password, the choice of a post, the session. */
#pragma once

#include "store.h"

/* Opens a session; fills the whole response or says why not. The token is in the response and nowhere else. */
MUST bh_err *login_open(bh_call *c, const command *cmd, const Bh__LoginRequest *req, Bh__LoginResponse *resp);

/* Who sends a request: the token in it, and the principal the directory knows for it. */
#pragma once

#include "ask.h"

/* The session token of the request: a bearer token, or the cookie when the request is shown to come from our own pages.
 * Error: LOGIN_NEEDED. */
MUST bh_err *session_token(const http_stream *s, const char **ret_token);
/* True when the browser says that a page of ours sent the request, and the page added our header. */
bool session_is_same_origin(const http_stream *s);

typedef void session_done(http_stream *s, const bh_err *error);
/* Asks the directory who holds the token, fills s->call->who and goes on with done(). */
void session_check(asker *by, http_stream *s, session_done *done);

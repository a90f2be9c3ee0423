/* Stored logins, several per server, and stored servers ("contexts"). */
#pragma once

#include "app.h"

/* Fills a->server and a->ca from options, environment, the stored context, the default. */
MUST bh_err *store_find_server(app *a);
/* Fills a->session: the login chosen by --as or the last one used here. Errors: LOGIN_NEEDED. */
MUST bh_err *store_find_session(app *a);

/* Keeps a session (mode 0600) and makes it the current one. */
MUST bh_err *store_save_session(app *a, const session *s);
/* Forgets the session. */
void store_drop_session(app *a);

/* Names of the logins stored for the server, or of the contexts: at most STORE_LIST_MAX, sorted. */
enum { STORE_LIST_MAX = 1000 };
const char **store_sessions(app *a, size_t *ret_n);
const char **store_contexts(app *a, size_t *ret_n);
/* Which of them is the current one; NULL = none. */
const char *store_current_session(app *a);
const char *store_current_context(app *a);
/* Keeps server and ca under a name, or makes that name the current one. */
MUST bh_err *store_save_context(app *a, const char *name, const char *server, const char *ca);
MUST bh_err *store_use_context(app *a, const char *name);

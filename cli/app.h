/* One run of the command: its settings, its arguments, its session, and the call whose arena owns all memory. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "args.h"
#include "base/call.h"

typedef enum out_kind { OUT_TABLE, OUT_JSON, OUT_CSV } out_kind;

/* A stored login at one server. */
typedef struct session {
    const char *name;  /* under which it is stored; what --as selects */
    const char *login; /* NULL: nobody is logged in */
    const char *token;
    int64_t expires_ms; /* ms since 1970 UTC */
} session;

typedef struct app {
    bh_call *call;
    args args;
    const char *server; /* "https://host:port", no slash at the end */
    const char *ca;     /* certificate authority file; NULL = the system's */
    session session;
    void *curl; /* kept between calls, so that one connection serves all of them */
    int64_t timeout_ms;
    out_kind out;
    const struct names *names; /* NULL until names_load */
    const char *usage;         /* told with an error; NULL once the words and options are right */
    bool is_english;
    bool has_colour;
} app;

/* SAY(a, "已登录", "logged in"): the sentence in the reader's language; a macro so that formats are still checked. */
#define SAY(a, zh, en) ((a)->is_english ? (en) : (zh))

/* The text of a global option, of its environment variable BIHUAN_<NAME>, or NULL. */
const char *app_setting(const app *a, const char *name);
/* A whole number of an option. Errors: OPTION_BAD outside of least..most. */
MUST bh_err *app_number(const app *a, const char *option, const char *text, int32_t least, int32_t most,
                        int32_t *ret_number);
/* The same of an index of the log, which may be larger. */
MUST bh_err *app_index(const app *a, const char *option, const char *text, int64_t *ret_index);
/* Settings that need no server: language, output, time limit. */
MUST bh_err *app_open(app *a);
/* Frees the call and everything that hangs on it. */
void app_close(app *a);

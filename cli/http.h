/* One HTTPS exchange with the server (libcurl). */
#pragma once

#include <stdio.h>

#include "app.h"
#include "base/buf.h"

enum { HTTP_ANSWER_MAX = 16 << 20 };

typedef struct http_request {
    const char *path; /* "/bihuan.v1.TaskService/GetTask" */
    const char *type; /* of the body; NULL without one */
    const void *body;
    size_t body_size;
    FILE *upload; /* instead of body: this file to its end */
    bool (*part)(void *data, const char *bytes,
                 size_t n); /* takes the body of an answer 200 as it comes; false: enough */
    void *part_data;
    FILE *save; /* where the body of an answer 200 goes; NULL = into memory */
    int64_t timeout_ms;
    bool is_command; /* it may have taken effect even when no answer comes */
} http_request;

typedef struct http_answer {
    long status;
    const char *type; /* never NULL */
    buf body;
} http_answer;

/* Sends the request with the session's token. Any HTTP status is an answer; errors: SERVER_UNREACHABLE (nothing was
 * sent), SERVER_NOT_TRUSTED (nothing was sent), CONNECTION_LOST and NO_ANSWER_IN_TIME (nobody knows), FILE_UNWRITABLE.
 */
MUST bh_err *http_exchange(app *a, const http_request *request, http_answer *ret_answer);
/* The text percent-encoded for a query. */
const char *http_escape(app *a, const char *text);

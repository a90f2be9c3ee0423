/* A desk at which a test speaks to one service as some person: its rules, its handlers, a real database, no sockets.
 * What a desk gives out lives as long as the desk. */
#pragma once

#include "service/service.h"

typedef struct desk desk;

/* Connects to BIHUAN_TEST_DATABASE with the rights of the service. Failure ends the test. */
desk *desk_open(const bh_service *service);
void desk_close(desk *d);
/* For cmocka: closes the desk in *state. */
int desk_teardown(void **state);
/* Another desk of the same service on the same connections, for another thread; without desk_sql. */
desk *desk_share(desk *d);
/* The clock of the calls to come, ms since 1970 UTC; at first the real one. */
void desk_set_clock(desk *d, int64_t now_ms);
int64_t desk_now(const desk *d);
/* A request id of the desk's clock. */
char *desk_request_id(desk *d);
arena *desk_mem(desk *d);
char *desk_text(desk *d, const char *format, ...) PRINTF(2, 3);

/* Calls "SubmitReport" with the fields of a request as JSON without its braces; NULL as `who` is another service. Where
 * the request has a request_id or event_id, it gets a new one. The answer is JSON with the proto's names, or
 * "!REASON who unblocks: zh". */
const char *desk_call(desk *d, const char *method, const principal *who, const char *format, ...) PRINTF(4, 5);
/* The same with an id of the test's own making, for commands sent twice. */
const char *desk_call_as(desk *d, const char *method, const principal *who, const char *id, const char *format, ...)
    PRINTF(5, 6);
/* What an answer holds under this name at first: a string without quotes, or a number. */
const char *desk_value(desk *d, const char *answer, const char *name);

/* Requests that must be refused. */
typedef struct refusal {
    const char *method;
    const principal *who;
    const char *fields;
    const char *reason; /* what the answer starts with */
} refusal;

void assert_refused(desk *d, const refusal *rows, size_t n);
void assert_starts(const char *answer, const char *start);
void assert_has(const char *answer, const char *part);

/* The same with messages, for what JSON would hide: ASK(d, "GetTarget", who, req, &resp) is NULL or the refusal. */
bh_err *desk_ask(desk *d, const char *method, const principal *who, const ProtobufCMessage *request,
                 ProtobufCMessage **ret_response);
#define ASK(d, method, who, req, ret) desk_ask((d), (method), (who), &(req).base, (ProtobufCMessage **) (ret))
/* One step of a stream; the request is what it remembers. */
bh_err *desk_step(desk *d, const char *method, const principal *who, ProtobufCMessage *request,
                  ProtobufCMessage **ret_response, rpc_step *ret_step);
/* A call by another service, for functions that take one. */
bh_call *desk_begin(desk *d);
/* Runs the service's job of this name once; whether there is more to do. An error ends the test. */
bool desk_run(desk *d, const char *job, service_runtime *runtime);
pg_pool *desk_pool(desk *d);

/* Runs SQL as superuser; the first value of the last row as text, "" for none. Failure ends the test. */
const char *desk_sql(desk *d, const char *format, ...) PRINTF(2, 3);

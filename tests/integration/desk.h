/* A desk at which a test speaks to one service as some person: its rules, its handlers, a real database, no sockets. */
#pragma once

#include "pg/pg.h"
#include "rpc/handler.h"

/* What a service puts into its descriptor. */
typedef struct desk_service {
    const char *name; /* also schema and role */
    const rpc_service *rpc;
    const pg_stmt *statements;
    size_t statement_count;
} desk_service;

typedef struct desk desk;

/* Connects to BIHUAN_TEST_DATABASE with the rights of the service. Failure ends the test. */
desk *desk_open(const desk_service *service);
void desk_close(desk *d);
/* Another desk of the same service on the same connections, for another thread; without desk_sql. */
desk *desk_share(desk *d);
/* The clock of the calls to come, ms since 1970 UTC; at first the real one. */
void desk_set_clock(desk *d, int64_t now_ms);

/* Calls "SubmitReport" with a request in JSON, whose %s are replaced by request ids of the desk's clock. NULL as `who`
 * is another service. The answer is JSON with the proto's names, or "!REASON who unblocks"; it lives as long as d. */
const char *desk_call(desk *d, const char *method, const principal *who, const char *json);
/* The same with a request id of the test's own making, for commands sent twice. */
const char *desk_call_as(desk *d, const char *method, const principal *who, const char *json, const char *request_id);
/* A request id of the desk's clock. */
const char *desk_request_id(desk *d);

/* Runs SQL as superuser; the first value of the last row as text, "" for none. Failure ends the test. */
const char *desk_sql(desk *d, const char *sql);
/* What the last answer holds under this name: a string without quotes, or a number. */
const char *desk_value(desk *d, const char *answer, const char *name);

/* A call on the desk's pool, for functions that take one; freed with d. */
bh_call *desk_begin(desk *d);
pg_pool *desk_pool(desk *d);

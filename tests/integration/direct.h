/* Calls the handlers of a service directly, on a real database, as its own role: no sockets, no keys. */
#pragma once

#include "pg/pg.h"
#include "rpc/handler.h"

/* Opens a pool on BIHUAN_TEST_DATABASE that has the rights of the service ("directory") and no others. */
pg_pool *direct_open(const char *service, const pg_stmt *stmts, size_t n);
/* A call by this user in this post, at the site 1. */
bh_call *direct_caller(pg_pool *pool, int32_t user_id, int32_t unit_id, int32_t post);
/* The handler's error or NULL; the response in the call's arena. The rules of who may call are not asked. */
bh_err *direct_call(bh_call *c, const rpc_service *rpc, const char *method, const ProtobufCMessage *request,
                    ProtobufCMessage **ret_response);
/* A fresh request id in the call's arena. */
char *direct_request_id(bh_call *c);
/* Runs SQL as a superuser; the first value of the first row, or "". Failure ends the test. */
char *direct_sql(bh_call *c, const char *format, ...) PRINTF(2, 3);

#include "integration/direct.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

enum { TIMEOUT_MS = 20000 };

static _Noreturn void die(const char *what, const char *why) {
    fprintf(stderr, "fatal: %s: %s\n", what, why);
    abort();
}

static const char *database(void) {
    const char *conninfo = getenv("BIHUAN_TEST_DATABASE");
    return conninfo ? conninfo : (die("BIHUAN_TEST_DATABASE", "not set"), NULL);
}

pg_pool *direct_open(const char *service, const pg_stmt *stmts, size_t n) {
    bh_call *c = call_new("open", TIMEOUT_MS);
    pg_options options = {
        .conninfo = arena_printf(c->mem, "%s options='-c role=bihuan_%s'", database(), service),
        .connections = 1,
        .readers = 2,
        .set_max = 64,
        .statement_timeout_ms = 5000,
    };
    pg_pool *pool;
    bh_err *e = pg_pool_open(c, &options, stmts, n, &pool);
    if (e)
        die(service, e->en);
    call_free(c);
    return pool;
}

bh_call *direct_caller(pg_pool *pool, int32_t user_id, int32_t unit_id, int32_t post) {
    bh_call *c = call_new("test", TIMEOUT_MS);
    c->backend = pool;
    c->site_id = 1;
    c->who = (principal){ .user_id = user_id, .unit_id = unit_id, .post = post, .login = "test", .service = "gateway" };
    return c;
}

bh_err *direct_call(bh_call *c, const rpc_service *rpc, const char *method, const ProtobufCMessage *request,
                    ProtobufCMessage **ret_response) {
    const ProtobufCServiceDescriptor *type = rpc->vtable->descriptor;
    const ProtobufCMethodDescriptor *m = protobuf_c_service_descriptor_get_method_by_name(type, method);
    assert(m && m->input == request->descriptor);
    uint8_t *payload = arena_alloc(c->mem, protobuf_c_message_get_packed_size(request));
    c->payload_size = protobuf_c_message_pack(request, payload);
    c->payload = payload;
    c->method = arena_printf(c->mem, "/%s/%s", type->name, method);
    *ret_response = arena_alloc(c->mem, m->output->sizeof_message);
    protobuf_c_message_init(m->output, *ret_response);
    rpc_exchange x = { .call = c, .response = *ret_response };
    rpc->vtable->invoke(rpc->vtable, (unsigned) (m - type->methods), request, NULL, &x);
    return x.error;
}

char *direct_request_id(bh_call *c) {
    return uuid_text(c->mem, uuid_v7(c->now_ms));
}

char *direct_sql(bh_call *c, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *sql = arena_vprintf(c->mem, format, args);
    va_end(args);
    PGconn *conn = PQconnectdb(database());
    PGresult *result = PQexec(conn, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
        die(sql, PQerrorMessage(conn));
    char *answer = arena_strdup(c->mem, PQntuples(result) ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    PQfinish(conn);
    return answer;
}

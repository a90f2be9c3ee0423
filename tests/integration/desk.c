#include "integration/desk.h"

#include <libpq-fe.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "bihuan_methods.h"
#include "rpc/methods.h"
#include "json/json.h"

enum { DESK_MEMORY_MAX = 256 << 20, CALL_TIMEOUT_MS = 20000 };

struct desk {
    arena *mem;
    const bh_service *service;
    method_table methods;
    pg_pool *pool;
    bool shares_pool;
    PGconn *root;   /* NULL when shared */
    int64_t now_ms; /* 0 = the real clock */
};

static _Noreturn void die(const char *what, const char *why) {
    fprintf(stderr, "fatal: %s: %s\n", what, why);
    abort();
}

static void check(const bh_err *e, const char *what) {
    if (e)
        die(what, e->en);
}

/* -- open, close, clock -- */

static desk *desk_new(const bh_service *service, pg_pool *pool) {
    arena *mem = arena_new(DESK_MEMORY_MAX);
    desk *d = arena_alloc(mem, sizeof(*d));
    *d = (desk){ .mem = mem, .service = service, .pool = pool, .shares_pool = pool };
    check(methods_build(desk_begin(d), mem, service->rpc, 1, bihuan_streams, &d->methods), service->name);
    return d;
}

desk *desk_open(const bh_service *service) {
    const char *database = getenv("BIHUAN_TEST_DATABASE");
    if (!database)
        die("desk", "run it through tests/with-database");
    desk *d = desk_new(service, NULL);
    d->root = PQconnectdb(database);
    if (PQstatus(d->root) != CONNECTION_OK)
        die(database, PQerrorMessage(d->root));
    const pg_options options = {
        .conninfo = desk_text(d, "%s options='-c role=bihuan_%s'", database, service->name),
        .connections = 1,
        .readers = 2,
        .set_max = 64,
        .statement_timeout_ms = 5000,
    };
    check(pg_pool_open(desk_begin(d), &options, service->statements, service->statement_count, &d->pool),
          service->name);
    return d;
}

desk *desk_share(desk *d) {
    desk *other = desk_new(d->service, d->pool);
    other->now_ms = d->now_ms;
    return other;
}

void desk_close(desk *d) {
    if (!d->shares_pool)
        pg_pool_close(d->pool);
    PQfinish(d->root);
    arena_free(d->mem);
}

int desk_teardown(void **state) {
    desk_close(*state);
    return 0;
}

void desk_set_clock(desk *d, int64_t now_ms) {
    d->now_ms = now_ms;
}

int64_t desk_now(const desk *d) {
    return d->now_ms ? d->now_ms : clock_now_ms();
}

pg_pool *desk_pool(desk *d) {
    return d->pool;
}

char *desk_request_id(desk *d) {
    return uuid_text(d->mem, uuid_v7(desk_now(d)));
}

arena *desk_mem(desk *d) {
    return d->mem;
}

char *desk_text(desk *d, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(d->mem, format, args);
    va_end(args);
    return text;
}

/* -- calls -- */

static bh_call *begin(desk *d, const principal *who) {
    bh_call *c = call_new("test", CALL_TIMEOUT_MS);
    c->site_id = 1;
    c->backend = d->pool;
    c->now_ms = desk_now(d);
    if (who)
        c->who = *who;
    c->who.login = c->who.login ? c->who.login : "";
    c->who.service = "test";
    return c;
}

static void end(void *call) {
    call_free(call);
}

bh_call *desk_begin(desk *d) {
    bh_call *c = begin(d, NULL);
    arena_defer(d->mem, end, c);
    return c;
}

static const method *find(desk *d, bh_call *c, const char *name) {
    c->method = arena_printf(c->mem, "/%s/%s", d->service->rpc->vtable->descriptor->name, name);
    const method *m = methods_find(&d->methods, c->method);
    return m ? m : (die(c->method, "no such method"), NULL);
}

static bh_err *serve(bh_call *c, const method *m, ProtobufCMessage *request, ProtobufCMessage **ret_response,
                     rpc_step *ret_step) {
    uint8_t *payload = arena_alloc(c->mem, protobuf_c_message_get_packed_size(request));
    c->payload_size = protobuf_c_message_pack(request, payload);
    c->payload = payload;
    TRY(method_check(c, m, c->who.user_id ? ALLOW_GATEWAY : ALLOW_SERVICE));
    return method_invoke(c, m, request, ret_response, ret_step);
}

bh_err *desk_ask(desk *d, const char *name, const principal *who, const ProtobufCMessage *request,
                 ProtobufCMessage **ret_response) {
    rpc_step step;
    return desk_step(d, name, who, (ProtobufCMessage *) request, ret_response, &step);
}

bh_err *desk_step(desk *d, const char *name, const principal *who, ProtobufCMessage *request,
                  ProtobufCMessage **ret_response, rpc_step *ret_step) {
    bh_call *c = begin(d, who);
    arena_defer(d->mem, end, c);
    return serve(c, find(d, c, name), request, ret_response, ret_step);
}

/* The fields in braces, before them the id of the command or event. */
static const char *request_json(bh_call *c, const ProtobufCMessageDescriptor *type, const char *id,
                                const char *fields) {
    static const char *const names[] = { "request_id", "event_id" };
    for (size_t i = 0; i < countof(names); i++)
        if (protobuf_c_message_descriptor_get_field_by_name(type, names[i]))
            return arena_printf(c->mem, "{\"%s\":\"%s\"%s%s}", names[i], id, *fields ? "," : "", fields);
    return arena_printf(c->mem, "{%s}", fields);
}

static bh_err *serve_json(bh_call *c, const method *m, const char *json, ProtobufCMessage **ret_response) {
    ProtobufCMessage *request;
    rpc_step step;
    TRY(json_parse(c, json, strlen(json), m->type->input, &request));
    return serve(c, m, request, ret_response, &step);
}

static const char *call(desk *d, const char *name, const principal *who, const char *id, const char *fields) {
    bh_call *c = begin(d, who);
    const method *m = find(d, c, name);
    ProtobufCMessage *response;
    const bh_err *e = serve_json(c, m, request_json(c, m->type->input, id, fields), &response);
    buf out;
    buf_init(&out, d->mem);
    if (e)
        buf_addf(&out, "!%s %s: %s", e->reason, e->unblock_zh, e->zh);
    else
        json_write(&out, response, JSON_PROTO_NAMES | JSON_DEFAULTS);
    call_free(c);
    return out.s;
}

const char *desk_call_as(desk *d, const char *name, const principal *who, const char *id, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *fields = arena_vprintf(d->mem, format, args);
    va_end(args);
    return call(d, name, who, id, fields);
}

const char *desk_call(desk *d, const char *name, const principal *who, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *fields = arena_vprintf(d->mem, format, args);
    va_end(args);
    return call(d, name, who, desk_request_id(d), fields);
}

bool desk_run(desk *d, const char *name, service_runtime *runtime) {
    const service_job *job = d->service->jobs;
    while (strcmp(job->name, name) != 0)
        job++;
    bool again = false;
    bh_call *c = begin(d, NULL);
    check(job->run(c, runtime, &again), name);
    call_free(c);
    return again;
}

/* -- what came of it -- */

const char *desk_value(desk *d, const char *answer, const char *name) {
    const char *found = strstr(answer, desk_text(d, "\"%s\":", name));
    if (!found)
        die(answer, name);
    found += strlen(name) + 3;
    found += *found == '"';
    return arena_strndup(d->mem, found, strcspn(found, "\",}]"));
}

void assert_starts(const char *answer, const char *start) {
    if (strncmp(answer, start, strlen(start)) != 0)
        fail_msg("expected %s, got %s", start, answer);
}

void assert_refused(desk *d, const refusal *rows, size_t n) {
    for (size_t i = 0; i < n; i++)
        assert_starts(desk_call(d, rows[i].method, rows[i].who, "%s", rows[i].fields), rows[i].reason);
}

void assert_has(const char *answer, const char *part) {
    if (!strstr(answer, part))
        fail_msg("expected %s in %s", part, answer);
}

const char *desk_sql(desk *d, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *sql = arena_vprintf(d->mem, format, args);
    va_end(args);
    PGresult *result = PQexec(d->root, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        die(sql, PQerrorMessage(d->root));
    int n = PQntuples(result);
    const char *value = arena_strdup(d->mem, n ? PQgetvalue(result, n - 1, 0) : "");
    PQclear(result);
    return value;
}

#include "integration/desk.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "rpc/guard.h"
#include "rpc/methods.h"
#include "json/json.h"

enum { DESK_MEMORY_MAX = 256 << 20, CALL_TIMEOUT_MS = 20000, CALLS_MAX = 100000 };

struct desk {
    arena *mem;
    const desk_service *service;
    method_table methods;
    pg_pool *pool;
    bool shares_pool;
    PGconn *root;   /* NULL when shared */
    int64_t now_ms; /* 0 = the real clock */
    bh_call *calls[CALLS_MAX];
    size_t call_count;
};

static _Noreturn void die(const char *what, const char *why) {
    fprintf(stderr, "fatal: %s: %s\n", what, why);
    abort();
}

static void check(const bh_err *e, const char *what) {
    if (e)
        die(what, e->en);
}

static int64_t desk_now(const desk *d) {
    return d->now_ms ? d->now_ms : clock_now_ms();
}

bh_call *desk_begin(desk *d) {
    if (d->call_count == CALLS_MAX)
        die("desk", "too many calls");
    bh_call *c = call_new("test", CALL_TIMEOUT_MS);
    d->calls[d->call_count++] = c;
    c->site_id = 1;
    c->backend = d->pool;
    c->now_ms = desk_now(d);
    c->who.service = "test";
    return c;
}

desk *desk_open(const desk_service *service) {
    const char *database = getenv("BIHUAN_TEST_DATABASE");
    if (!database)
        die("desk", "run it through tests/with-database");
    arena *mem = arena_new(DESK_MEMORY_MAX);
    desk *d = arena_alloc(mem, sizeof(*d));
    *d = (desk){ .mem = mem, .service = service };
    d->root = PQconnectdb(database);
    if (PQstatus(d->root) != CONNECTION_OK)
        die(database, PQerrorMessage(d->root));
    bh_call *c = desk_begin(d);
    const pg_options options = {
        .conninfo = arena_printf(mem, "%s options='-c role=bihuan_%s'", database, service->name),
        .connections = 1,
        .readers = 1,
        .set_max = 64,
        .statement_timeout_ms = 5000,
    };
    check(pg_pool_open(c, &options, service->statements, service->statement_count, &d->pool), service->name);
    check(methods_build(c, mem, service->rpc, 1, &d->methods), service->name);
    return d;
}

desk *desk_share(desk *d) {
    arena *mem = arena_new(DESK_MEMORY_MAX);
    desk *other = arena_alloc(mem, sizeof(*other));
    *other = (desk){ .mem = mem, .service = d->service, .pool = d->pool, .shares_pool = true, .now_ms = d->now_ms };
    check(methods_build(desk_begin(other), mem, d->service->rpc, 1, &other->methods), d->service->name);
    return other;
}

void desk_close(desk *d) {
    for (size_t i = 0; i < d->call_count; i++)
        call_free(d->calls[i]);
    if (!d->shares_pool)
        pg_pool_close(d->pool);
    PQfinish(d->root);
    arena_free(d->mem);
}

void desk_set_clock(desk *d, int64_t now_ms) {
    d->now_ms = now_ms;
}

pg_pool *desk_pool(desk *d) {
    return d->pool;
}

const char *desk_request_id(desk *d) {
    return uuid_text(d->mem, uuid_v7(desk_now(d)));
}

/* Replaces every %s. */
static const char *fill(desk *d, const char *json, const char *request_id) {
    buf out;
    buf_init(&out, d->mem);
    for (const char *p = json; *p; p++) {
        if (p[0] == '%' && p[1] == 's') {
            buf_adds(&out, request_id);
            p++;
        } else {
            buf_addc(&out, *p);
        }
    }
    return out.s;
}

static bh_err *serve(desk *d, bh_call *c, const method *m, const char *json, ProtobufCMessage **ret_response) {
    ProtobufCMessage *request;
    TRY(method_check(c, m, c->who.user_id ? ALLOW_GATEWAY : ALLOW_SERVICE));
    TRY(json_parse(c, json, strlen(json), m->type->input, &request));
    c->payload_size = protobuf_c_message_get_packed_size(request);
    uint8_t *payload = arena_alloc(d->mem, c->payload_size + 1);
    protobuf_c_message_pack(request, payload);
    c->payload = payload;
    return method_invoke(c, m, request, ret_response);
}

const char *desk_call_as(desk *d, const char *name, const principal *who, const char *json, const char *request_id) {
    bh_call *c = desk_begin(d);
    const char *service = d->service->rpc->vtable->descriptor->name;
    c->method = arena_printf(c->mem, "/%s/%s", service, name);
    if (who)
        c->who = *who;
    c->who.service = "test";
    c->who.login = c->who.login ? c->who.login : "";
    const method *m = methods_find(&d->methods, c->method);
    if (!m)
        die(c->method, "no such method");
    ProtobufCMessage *response;
    const bh_err *e = serve(d, c, m, fill(d, json, request_id), &response);
    if (e)
        return arena_printf(c->mem, "!%s %s", e->reason, e->unblock);
    buf out;
    buf_init(&out, c->mem);
    json_write(&out, response, JSON_PROTO_NAMES | JSON_DEFAULTS);
    return out.s;
}

const char *desk_call(desk *d, const char *name, const principal *who, const char *json) {
    return desk_call_as(d, name, who, json, desk_request_id(d));
}

const char *desk_sql(desk *d, const char *sql) {
    PGresult *result = PQexec(d->root, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        die(sql, PQerrorMessage(d->root));
    int n = PQntuples(result);
    const char *value = arena_strdup(d->mem, n ? PQgetvalue(result, n - 1, 0) : "");
    PQclear(result);
    return value;
}

const char *desk_value(desk *d, const char *answer, const char *name) {
    const char *found = strstr(answer, arena_printf(d->mem, "\"%s\":", name));
    if (!found)
        die(answer, name);
    found += strlen(name) + 3;
    found += *found == '"';
    return arena_strndup(d->mem, found, strcspn(found, "\",}]"));
}

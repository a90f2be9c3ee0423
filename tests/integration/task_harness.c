#include "task_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "base/clock.h"
#include "domain/calendar.h"
#include "handlers.h"
#include "task_sql.h"
#include "json/json.h"

const person persons[] = {
    { "drafter", 1, 10, 3, 0 },        { "verifier", 2, 10, 4, 0 },
    { "office_head", 3, 10, 5, 0 },    { "verifier2", 4, 10, 4, 0 },
    { "lead_handler", 11, 20, 1, 0 },  { "lead_head", 12, 20, 2, 0 },
    { "co_handler", 21, 21, 1, 0 },    { "co_head", 22, 21, 2, 0 },
    { "leader", 50, 5, 6, 50 },        { "leader2", 51, 5, 6, 51 },
    { "auditor", 60, 0, 7, 0 },        { "operator", 61, 0, 8, 0 },
    { "other_handler", 71, 90, 1, 0 }, { "other_head", 72, 90, 2, 0 },
    { "other_office", 73, 91, 5, 0 },  { NULL, 0, 0, 0, 0 },
};

const person *person_named(const char *name) {
    for (const person *p = persons; p->name; p++)
        if (strcmp(p->name, name) == 0)
            return p;
    fail_msg("nobody is called %s", name);
    return NULL;
}

static const char *database(void) {
    const char *conninfo = getenv("BIHUAN_TEST_DATABASE");
    assert_non_null(conninfo);
    return conninfo;
}

pg_pool *harness_open(void) {
    char conninfo[512];
    snprintf(conninfo, sizeof(conninfo), "%s options='-c role=bihuan_task'", database());
    bh_call *call = call_new("open", 10000);
    pg_options options = {
        .conninfo = conninfo, .connections = 1, .readers = 1, .set_max = 64, .statement_timeout_ms = 5000
    };
    pg_pool *pool;
    bh_err *e = pg_pool_open(call, &options, task_sql, TASK_SQL_COUNT, &pool);
    if (e)
        fail_msg("%s: %s", e->reason, e->en);
    call_free(call);
    return pool;
}

void harness_close(pg_pool *pool) {
    pg_pool_close(pool);
}

void harness_sql(const char *sql) {
    static PGconn *owner;
    if (!owner)
        owner = PQconnectdb(database());
    PGresult *result = PQexec(owner, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s in: %s", PQerrorMessage(owner), sql);
    PQclear(result);
}

void harness_evidence(const char *digest, int unit_id) {
    char sql[512];
    snprintf(sql, sizeof(sql),
             "insert into progress.evidence (site_id, digest, unit_id, size, name, media_type, user_id, login, "
             "uploaded, leaf_hash) values (1, decode('%s', 'hex'), %d, 1, 'n', 't', 1, 'l', now(), sha256(''))",
             digest, unit_id);
    harness_sql(sql);
}

/* The field of this name of any response; 0 where it has none. */
static int field(const ProtobufCMessage *message, const char *name) {
    const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
    return f ? *(const int *) ((const char *) message + f->offset) : 0;
}

static void closure(const ProtobufCMessage *message, void *data) {
    (void) message;
    (void) data;
}

static rpc_exchange run(bh_call *call, const char *method, const char *json) {
    ProtobufCService *service = task_rpc.vtable;
    const ProtobufCMethodDescriptor *m = protobuf_c_service_descriptor_get_method_by_name(service->descriptor, method);
    assert_non_null(m);
    ProtobufCMessage *request;
    rpc_exchange x = { .call = call, .response = arena_alloc(call->mem, m->output->sizeof_message) };
    m->output->message_init(x.response);
    x.error = json_parse(call, json, strlen(json), m->input, &request);
    if (!x.error)
        service->invoke(service, (unsigned) (m - service->descriptor->methods), request, closure, &x);
    return x;
}

static bh_call *call_of(pg_pool *pool, const person *who, const char *method) {
    bh_call *call = call_new(method, 10000);
    call->now_ms = ((int64_t) day_of(2025, 6, 2) * 24 + 1) * 3600 * 1000;
    call->backend = pool;
    call->site_id = 1;
    call->who = (principal){ .user_id = who->user_id,
                             .unit_id = who->unit_id,
                             .post = who->post,
                             .leader_id = who->leader_id,
                             .login = who->name,
                             .service = "gateway" };
    return call;
}

static told tell(bh_call *call, const char *method, const char *text) {
    call->payload = (const uint8_t *) text;
    call->payload_size = strlen(text);
    rpc_exchange x = run(call, method, text);
    told t = { .version = field(x.response, "version"), .state = field(x.response, "state") };
    snprintf(t.reason, sizeof(t.reason), "%s", x.error ? x.error->reason : "OK");
    snprintf(t.zh, sizeof(t.zh), "%s", x.error ? x.error->zh : "");
    call_free(call);
    return t;
}

told harness_do(pg_pool *pool, const person *who, const char *method, const uuid *request_id, const char *json) {
    bh_call *call = call_of(pool, who, method);
    uuid id = request_id ? *request_id : uuid_v7(call->now_ms);
    return tell(call, method, arena_printf(call->mem, "{\"request_id\":\"%s\",%s}", uuid_text(call->mem, id), json));
}

told harness_ask(pg_pool *pool, const person *who, const char *method, const char *json) {
    bh_call *call = call_of(pool, who, method);
    return tell(call, method, arena_printf(call->mem, "{%s}", json));
}

#include "health.h"

#include "base/clock.h"
#include "base/json_writer.h"
#include "refuse.h"

enum { WAIT_MS = 2000 };

static const struct {
    const char *name;
    const char *service;
} services[] = {
    { "directory", "bihuan.v1.DirectoryService" }, { "target", "bihuan.v1.TargetService" },
    { "task", "bihuan.v1.TaskService" },           { "progress", "bihuan.v1.ProgressService" },
    { "audit", "bihuan.v1.AuditService" },
};

/* One question to every service. */
typedef struct checkup {
    asker *by;
    size_t open;                              /* answers still to come */
    const bh_err *trouble[countof(services)]; /* NULL: well */
} checkup;

static const http_header json[] = { { "content-type", "application/json" } };

void health_livez(http_stream *s) {
    static const char body[] = "{\"ok\":true}";
    http_answer(s, 200, json, countof(json), body, sizeof(body) - 1);
}

static void write_services(json_writer *w, const checkup *all) {
    jw_open_object(w, "services");
    for (size_t i = 0; i < countof(services); i++)
        jw_bool(w, services[i].name, !all->trouble[i]);
    jw_close_object(w);
}

/* Returns how many there are. */
static size_t write_ill(json_writer *w, const checkup *all) {
    size_t n = 0;
    jw_open_array(w, "ill");
    for (size_t i = 0; i < countof(services); i++) {
        const bh_err *trouble = all->trouble[i];
        if (!trouble)
            continue;
        jw_open_object(w, NULL);
        jw_string(w, "service", services[i].name);
        jw_string(w, "reason", trouble->reason);
        jw_string(w, "messageZh", trouble->zh);
        jw_string(w, "messageEn", trouble->en);
        jw_close_object(w);
        n++;
    }
    jw_close_array(w);
    return n;
}

static void tell(http_stream *s, const checkup *all) {
    json_writer w;
    jw_init(&w, s->call->mem);
    jw_open_object(&w, NULL);
    write_services(&w, all);
    size_t ill = write_ill(&w, all);
    jw_bool(&w, "ok", ill == 0);
    jw_close_object(&w);
    http_answer(s, ill ? 503 : 200, json, countof(json), w.out.s, w.out.n);
}

static void checked(http_stream *s, void *data, const bh_err *error, UNUSED const void *bytes, UNUSED size_t n) {
    checkup *all = s->data;
    *(const bh_err **) data = error;
    if (--all->open == 0)
        tell(s, all);
}

static void take_body(http_stream *s, UNUSED const uint8_t *bytes, size_t n) {
    http_consume(s, n);
}

/* A service that is not there is not waited for. */
static void take_end(http_stream *s) {
    checkup *all = s->data;
    all->open = 1;
    s->call->deadline_ms = clock_mono_ms() + WAIT_MS;
    for (size_t i = 0; i < countof(services); i++) {
        const char *service = services[i].service;
        if (!rpc_client_is_ready(all->by->client, service)) {
            all->trouble[i] = bh_fail(s->call, SERVICE_UNREACHABLE, service);
            continue;
        }
        all->open++;
        ask_health(all->by, s, service, checked, &all->trouble[i]);
    }
    if (--all->open == 0)
        tell(s, all);
}

static void late(http_stream *s) {
    refuse(s, bh_fail(s->call, DEADLINE_EXPIRED));
}

void health_healthz(asker *by, http_stream *s) {
    static const http_taker taker = { .body = take_body, .end = take_end, .late = late };
    checkup *all = arena_alloc(s->call->mem, sizeof(*all));
    all->by = by;
    s->taker = &taker;
    s->data = all;
}

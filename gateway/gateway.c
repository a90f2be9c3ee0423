#include "gateway.h"

#include "base/buf.h"
#include "base/hash.h"
#include "connect.h"
#include "refuse.h"
#include "routes.h"

/* What /healthz names. */
static const char *const service_names[] = { "directory", "target", "task", "progress", "audit" };
static const char *const services[] = { "bihuan.v1.DirectoryService", "bihuan.v1.TargetService",
                                        "bihuan.v1.TaskService", "bihuan.v1.ProgressService",
                                        "bihuan.v1.AuditService" };

/* 200 when every service answers, else 503. */
static void healthz(gateway *gw, http_stream *s) {
    static const http_header headers[] = { { "content-type", "application/json" } };
    bool is_well = true;
    buf out;
    buf_init(&out, s->call->mem);
    buf_adds(&out, "{\"services\":{");
    for (size_t i = 0; i < countof(services); i++) {
        bool is_ready = rpc_client_is_ready(gw->asker.client, services[i]);
        is_well = is_well && is_ready;
        buf_addf(&out, "%s\"%s\":%s", i ? "," : "", service_names[i], is_ready ? "true" : "false");
    }
    buf_addf(&out, "},\"ok\":%s}", is_well ? "true" : "false");
    http_answer(s, is_well ? 200 : 503, headers, countof(headers), out.s, out.n);
}

/* For the balancer: this process answers. One service that is down must not take the other four away. */
static void livez(http_stream *s) {
    static const http_header headers[] = { { "content-type", "application/json" } };
    static const char body[] = "{\"ok\":true}";
    http_answer(s, 200, headers, countof(headers), body, sizeof(body) - 1);
}

/* traceparent of the W3C: 00-TRACE-SPAN-FLAGS; anything else leaves the trace id we made. */
static void read_trace(http_stream *s) {
    enum { TRACE_DIGITS = 32 };
    const char *text = http_header_of(s, "traceparent");
    uint8_t bytes[TRACE_DIGITS / 2];
    if (strncmp(text, "00-", 3) != 0 || strlen(text) < 3 + TRACE_DIGITS)
        return;
    const char *trace = arena_strndup(s->call->mem, text + 3, TRACE_DIGITS);
    if (hex_parse(trace, bytes, sizeof(bytes)))
        s->call->trace_id = hex(s->call->mem, bytes, sizeof(bytes));
}

void gateway_begin(http_stream *s) {
    static const char evidence[] = "/evidence";
    gateway *gw = s->app->data;
    bool is_get = strcmp(s->method, "GET") == 0;
    read_trace(s);
    if (s->app->streams > (size_t) gw->settings.calls_max)
        return refuse(s, bh_fail(s->call, QUEUE_FULL));
    if (route_is_rpc(s->path))
        return connect_begin(&gw->asker, s);
    if (is_get && strcmp(s->path, "/healthz") == 0)
        return healthz(gw, s);
    if (is_get && strcmp(s->path, "/livez") == 0)
        return livez(s);
    if (strcmp(s->method, "PUT") == 0 && strcmp(s->path, evidence) == 0)
        return evidence_put(&gw->evidence, s);
    if (is_get && strncmp(s->path, "/evidence/", sizeof(evidence)) == 0)
        return evidence_get(&gw->evidence, s, s->path + sizeof(evidence));
    refuse(s, bh_fail(s->call, NOT_FOUND_OBJECT, s->path));
}

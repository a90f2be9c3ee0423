#include "gateway.h"

#include "base/hash.h"
#include "health.h"
#include "protocol.h"
#include "refuse.h"
#include "routes.h"
#include "unary.h"

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

/* Whoever speaks gRPC is told in its own way that there is no such method. */
static bool is_call(const http_stream *s) {
    return route_is_rpc(s->path) || protocol_of(s) != &connect_protocol;
}

static void refuse_overfull(http_stream *s) {
    const char *count = arena_printf(s->call->mem, "%d", HTTP_HEADERS_MAX);
    const char *kib = arena_printf(s->call->mem, "%d", HTTP_HEADER_SIZE_MAX >> 10);
    refuse_request(s, 431, (http_header){ 0 }, bh_fail(s->call, HEADERS_TOO_LARGE, count, kib));
}

void gateway_begin(http_stream *s) {
    static const char evidence[] = "/evidence";
    gateway *gw = s->app->data;
    bool is_get = strcmp(s->method, "GET") == 0, is_look = is_get || strcmp(s->method, "HEAD") == 0;
    read_trace(s);
    /* The balancer must find us however much others ask. */
    if (is_look && strcmp(s->path, "/livez") == 0)
        return health_livez(s);
    bh_err *error = limits_enter(&gw->limits, s);
    if (error)
        return refuse(s, error);
    if (s->is_overfull)
        return refuse_overfull(s);
    if (is_call(s))
        return unary_begin(&gw->asker, s);
    if (is_look && strcmp(s->path, "/healthz") == 0)
        return health_healthz(&gw->asker, s);
    if (strcmp(s->method, "PUT") == 0 && strcmp(s->path, evidence) == 0)
        return evidence_put(&gw->evidence, s);
    if (is_get && strncmp(s->path, "/evidence/", sizeof(evidence)) == 0)
        return evidence_get(&gw->evidence, s, s->path + sizeof(evidence));
    refuse(s, bh_fail(s->call, NOT_FOUND_OBJECT, s->path));
}

void gateway_whole(http_stream *s) {
    gateway *gw = s->app->data;
    bh_err *error = limits_call(&gw->limits, s);
    if (error)
        refuse(s, error);
}

void gateway_gone(http_stream *s) {
    gateway *gw = s->app->data;
    limits_leave(&gw->limits, s);
}

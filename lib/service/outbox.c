#include "service/outbox.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "rpc/client.h"
#include "rpc/guard.h"

enum {
    BATCH_MAX = 64,
    LEASE_MS = 20000,
    PASS_MS = 8000, /* a pass ends well before its lease does */
    DELIVERY_MS = 5000,
    WAIT_MIN_MS = 100,
    WAIT_MAX_MS = 30000,
    DOUBLINGS_MAX = 8,
    REFUSALS_MAX = 20, /* about five minutes */
};

typedef struct event {
    int64_t id;
    const char *method;
    const uint8_t *payload;
    size_t payload_size;
    int tries;
    int refusals;
} event;

/* What a try later may heal; anything else is a refusal of this very event. */
static bool is_passing(bh_code code) {
    static const uint32_t passing = 1u << BH_UNAVAILABLE | 1u << BH_DEADLINE_EXCEEDED | 1u << BH_ABORTED |
                                    1u << BH_RESOURCE_EXHAUSTED | 1u << BH_CANCELLED | 1u << BH_UNAUTHENTICATED;
    return passing >> code & 1;
}

/* The receiver's method for "/bihuan.v1.TargetService/RecordObservations", and its service. */
static const ProtobufCMethodDescriptor *find_method(const outbox *box, const char *path,
                                                    const ProtobufCServiceDescriptor **ret_service) {
    for (size_t i = 0; i < box->route_count; i++) {
        const ProtobufCServiceDescriptor *service = box->routes[i].service;
        size_t n = strlen(service->name);
        if (path[0] != '/' || strncmp(path + 1, service->name, n) != 0 || path[n + 1] != '/')
            continue;
        *ret_service = service;
        return protobuf_c_service_descriptor_get_method_by_name(service, path + n + 2);
    }
    return NULL;
}

static event event_at(const pg_rows *rows, int row) {
    event e = {
        .id = pg_get_int(rows, row, "id"),
        .method = pg_get_text(rows, row, "method"),
        .tries = (int) pg_get_int(rows, row, "tries"),
        .refusals = (int) pg_get_int(rows, row, "refusals"),
    };
    e.payload = pg_get_bytes(rows, row, "payload", &e.payload_size);
    return e;
}

static bh_err *deliver(bh_call *call, rpc_client *client, const outbox *box, const pg_rows *rows, int row) {
    event e = event_at(rows, row);
    bh_call one = *call;
    one.deadline_ms = clock_mono_ms() + DELIVERY_MS;
    const ProtobufCServiceDescriptor *service;
    const ProtobufCMethodDescriptor *method = find_method(box, e.method, &service);
    if (!method)
        return bh_fail(call, UNKNOWN_METHOD, e.method);
    ProtobufCMessage *request, *response;
    if (box->request)
        TRY(box->request(&one, rows, row, &request));
    else
        TRY(rpc_unpack(&one, method->input, e.payload, e.payload_size, &request));
    return rpc_call(client, &one, service, method->name, request, &response);
}

/* Doubles with every try; the random half keeps instances and objects apart. */
static int64_t wait_ms(int tries) {
    int64_t most = (int64_t) WAIT_MIN_MS << (tries < DOUBLINGS_MAX ? tries : DOUBLINGS_MAX);
    if (most > WAIT_MAX_MS)
        most = WAIT_MAX_MS;
    uint32_t chance;
    random_bytes(&chance, sizeof(chance));
    return most / 2 + (int64_t) (chance % (uint32_t) most) / 2;
}

static bh_err *set_aside(bh_call *call, const outbox *box, const event *e, const bh_err *failure) {
    pg_rows rows;
    bool is_refusal = !is_passing(failure->code);
    if (!is_refusal || e->refusals + 1 < REFUSALS_MAX) {
        log_event(LOG_WARN, "outbox.retry", "event=%lld method=%s try=%d reason=%s", (long long) e->id, e->method,
                  e->tries + 1, failure->reason);
        return pg_call(call, box->retry, &rows, pg_int(call->site_id), pg_int(e->id), pg_int(wait_ms(e->tries)),
                       pg_int(is_refusal));
    }
    log_event(LOG_ERROR, "outbox.dead", "event=%lld method=%s reason=%s %s", (long long) e->id, e->method,
              failure->reason, failure->en);
    return pg_call(call, box->bury, &rows, pg_int(call->site_id), pg_int(e->id),
                   pg_text(arena_printf(call->mem, "%s: %s", failure->reason, failure->en)));
}

static bh_err *forget(bh_call *call, const outbox *box, const pg_rows *rows, int n) {
    if (n == 0)
        return NULL;
    buf ids;
    buf_init(&ids, call->mem);
    for (int i = 0; i < n; i++)
        buf_addf(&ids, "%c%lld", i ? ',' : '{', (long long) pg_get_int(rows, i, "id"));
    buf_addc(&ids, '}');
    pg_rows none;
    return pg_call(call, box->done, &none, pg_int(call->site_id), pg_text(ids.s));
}

bh_err *outbox_drain(bh_call *call, service_runtime *runtime, const outbox *box, bool *ret_again) {
    const uuid none = { { 0 } };
    /* The same after a restart, so that an instance need not wait for its own lease. */
    uuid holder = uuid_derive(none, runtime->settings.endpoint);
    pg_rows rows;
    TRY(pg_call(call, box->take, &rows, pg_int(call->site_id), pg_uuid(&holder), pg_int(LEASE_MS), pg_int(BATCH_MAX)));
    int64_t until_ms = clock_mono_ms() + PASS_MS;
    bh_err *failure = NULL;
    int done = 0;
    while (done < rows.count && !failure && clock_mono_ms() < until_ms) {
        failure = deliver(call, runtime->client, box, &rows, done);
        event e = event_at(&rows, done);
        if (failure)
            TRY(set_aside(call, box, &e, failure));
        else
            done++;
    }
    TRY(forget(call, box, &rows, done));
    *ret_again = done > 0;
    return NULL;
}

#include "service/outbox.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "rpc/client.h"
#include "rpc/guard.h"
#include "rpc/server.h"

enum {
    BATCH_MAX = 64,
    LEASE_MS = 20000,
    PASS_MS = 8000, /* and DELIVERY_MS: over before the least that is left of a lease, three quarters */
    DELIVERY_MS = 5000,
    WAIT_MIN_MS = 100,
    AWAY_MAX_MS = 5000, /* between two tries when nobody could be reached */
    REFUSED_MAX_MS = 30000,
    DOUBLINGS_MAX = 9,
    REFUSALS_MAX = 20, /* about five minutes */
};

/* An event on its way. */
typedef struct delivery {
    const char *ids; /* it, and those before it that it goes for */
    const char *method;
    int tries;
    int refusals;
    rpc_pending *pending; /* NULL: it never left */
    const bh_err *failure;
} delivery;

typedef enum fate { DELIVERED, LATER, GIVEN_UP } fate;

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

static bh_err *unpack(bh_call *call, const pg_rows *rows, int row, const ProtobufCMethodDescriptor *method,
                      ProtobufCMessage **ret_request) {
    size_t size;
    const uint8_t *payload = pg_get_bytes(rows, row, "payload", &size);
    return rpc_unpack(call, method->input, payload, size, ret_request);
}

/* `requests`: what goes instead of the payload, or NULL. */
static bh_err *send_one(bh_call *call, rpc_client *client, const outbox *box, const pg_rows *rows, int row,
                        ProtobufCMessage *const *requests, rpc_pending **ret_pending) {
    bh_call one = *call;
    one.deadline_ms = clock_mono_ms() + DELIVERY_MS;
    const char *path = pg_get_text(rows, row, "method");
    const ProtobufCServiceDescriptor *service;
    const ProtobufCMethodDescriptor *method = find_method(box, path, &service);
    if (!method)
        return bh_fail(call, UNKNOWN_METHOD, path);
    ProtobufCMessage *request = requests ? requests[row] : NULL;
    if (!requests)
        TRY(unpack(&one, rows, row, method, &request));
    if (!request)
        return bh_fail(call, NOT_FOUND_OBJECT, pg_get_text(rows, row, "object_id"));
    *ret_pending = rpc_begin(client, &one, service, method->name, request);
    return NULL;
}

/* All of them are under way at once: they are of different objects. Returns how many the pass had time for. */
static int send_all(bh_call *call, rpc_client *client, const outbox *box, const pg_rows *rows,
                    ProtobufCMessage *const *requests, delivery *deliveries) {
    int64_t until_ms = clock_mono_ms() + PASS_MS;
    int n = 0;
    for (; n < rows->count && clock_mono_ms() < until_ms; n++) {
        delivery *d = &deliveries[n];
        *d = (delivery){
            .ids = pg_get_text(rows, n, "ids"),
            .method = pg_get_text(rows, n, "method"),
            .tries = (int) pg_get_int(rows, n, "tries"),
            .refusals = (int) pg_get_int(rows, n, "refusals"),
        };
        d->failure = send_one(call, client, box, rows, n, requests, &d->pending);
    }
    return n;
}

static void wait_for_all(bh_call *call, delivery *deliveries, int n) {
    ProtobufCMessage *response;
    for (int i = 0; i < n; i++)
        if (deliveries[i].pending)
            deliveries[i].failure = rpc_end(deliveries[i].pending, call, &response);
}

static fate fate_of(const delivery *d) {
    if (!d->failure)
        return DELIVERED;
    return is_passing(d->failure->code) || d->refusals + 1 < REFUSALS_MAX ? LATER : GIVEN_UP;
}

/* Doubles with every try; the random half keeps instances and objects apart. */
static int64_t wait_ms(const delivery *d) {
    int64_t most = (int64_t) WAIT_MIN_MS << (d->tries < DOUBLINGS_MAX ? d->tries : DOUBLINGS_MAX);
    int64_t limit = is_passing(d->failure->code) ? AWAY_MAX_MS : REFUSED_MAX_MS;
    if (most > limit)
        most = limit;
    uint32_t chance;
    random_bytes(&chance, sizeof(chance));
    return most / 2 + (int64_t) (chance % (uint32_t) most) / 2;
}

static bh_err *forget(bh_call *call, const outbox *box, const delivery *deliveries, int n, bool *ret_any) {
    buf ids;
    buf_init(&ids, call->mem);
    for (int i = 0; i < n; i++)
        if (fate_of(&deliveries[i]) == DELIVERED)
            buf_addf(&ids, "%c%s", ids.n ? ',' : '{', deliveries[i].ids);
    *ret_any = ids.n > 0;
    if (!ids.n)
        return NULL;
    buf_addc(&ids, '}');
    pg_rows none;
    return pg_call(call, box->done, &none, pg_int(call->site_id), pg_text(ids.s));
}

static bh_err *put_off(bh_call *call, const outbox *box, const delivery *deliveries, int n) {
    const char *ids[BATCH_MAX];
    int32_t waits[BATCH_MAX], refusals[BATCH_MAX];
    size_t count = 0;
    const delivery *last = NULL;
    for (int i = 0; i < n; i++) {
        if (fate_of(&deliveries[i]) != LATER)
            continue;
        last = &deliveries[i];
        ids[count] = last->ids;
        waits[count] = (int32_t) wait_ms(last);
        refusals[count++] = !is_passing(last->failure->code);
    }
    if (!last)
        return NULL;
    log_event(LOG_WARN, "outbox.retry", "events=%zu last=%s method=%s try=%d reason=%s", count, last->ids, last->method,
              last->tries + 1, last->failure->reason);
    pg_rows none;
    return pg_call(call, box->retry, &none, pg_int(call->site_id), pg_texts(ids, count), pg_ints(waits, count),
                   pg_ints(refusals, count));
}

static bh_err *bury(bh_call *call, const outbox *box, const delivery *d) {
    log_event(LOG_ERROR, "outbox.dead", "event=%s method=%s reason=%s %s", d->ids, d->method, d->failure->reason,
              d->failure->en);
    pg_rows none;
    return pg_call(call, box->bury, &none, pg_int(call->site_id), pg_text(arena_printf(call->mem, "{%s}", d->ids)),
                   pg_text(arena_printf(call->mem, "%s: %s", d->failure->reason, d->failure->en)));
}

/* The same after a restart, so that an instance need not wait for its own lease. Hosts may listen at one endpoint
 * (tcp://0.0.0.0:7003): the key tells them apart. */
static uuid holder_of(const bh_call *call, const service_runtime *runtime) {
    const uuid none = { { 0 } };
    return uuid_derive(
        none, arena_printf(call->mem, "%s %s", runtime->settings.endpoint, rpc_server_public_key(runtime->server)));
}

bh_err *outbox_drain(bh_call *call, service_runtime *runtime, const outbox *box, bool *ret_again) {
    uuid holder = holder_of(call, runtime);
    pg_rows rows;
    TRY(pg_call(call, box->take, &rows, pg_int(call->site_id), pg_uuid(&holder), pg_int(LEASE_MS), pg_int(BATCH_MAX),
                pg_bool(box->requests)));
    ProtobufCMessage *requests[BATCH_MAX];
    if (box->requests && rows.count)
        TRY(box->requests(call, &rows, requests));
    delivery deliveries[BATCH_MAX];
    int n = send_all(call, runtime->client, box, &rows, box->requests ? requests : NULL, deliveries);
    wait_for_all(call, deliveries, n);
    bool is_any_delivered;
    TRY(forget(call, box, deliveries, n, &is_any_delivered));
    *ret_again = is_any_delivered && (!box->requests || rows.count == BATCH_MAX);
    TRY(put_off(call, box, deliveries, n));
    for (int i = 0; i < n; i++)
        if (fate_of(&deliveries[i]) == GIVEN_UP)
            TRY(bury(call, box, &deliveries[i]));
    return NULL;
}

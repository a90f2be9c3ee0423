/* Delivers the events of a service's outbox: at least once, in order per object, by RPC as an internal call.
 *
 * A command's statement adds rows to <schema>.outbox (site_id, object_id, event_id, method, payload); the columns
 * tries, refusals and not_before have defaults and belong to the drainer. One event of each object is under way at a
 * time; those of different objects go together. The receiver remembers event_id, so that a repeat changes nothing. One
 * instance at a time drains: the one that holds <schema>.outbox_lease. What a receiver refuses again and again goes to
 * <schema>.outbox_dead and is logged as an error, so that later events can pass. */
#pragma once

#include "service/service.h"

/* A service that receives events. */
typedef struct outbox_route {
    const ProtobufCServiceDescriptor *service;
} outbox_route;

/* The requests to send, one for each row, where they are not the stored payloads: an event that says "look again"
 * carries none and is filled when it goes; so the newest of an object goes for all. NULL: there is no such object. */
typedef bh_err *outbox_requests(bh_call *call, const pg_rows *rows, ProtobufCMessage **ret_requests);

/* The four statements of the service's sql/ folder: outbox_take, outbox_done, outbox_retry, outbox_bury. */
typedef struct outbox {
    const pg_stmt *take, *done, *retry, *bury;
    const outbox_route *routes;
    size_t route_count;
    outbox_requests *requests; /* NULL: the payloads */
} outbox;

/* How long an outbox may rest between two looks, for service_job.interval_ms. */
enum { OUTBOX_INTERVAL_MS = 200 };

/* One pass: sends a batch, forgets what was received, puts the rest off; for service_job.run. It asks to run again when
 * more may go: where the newest goes for all that is after a full batch, so that more of them become one. */
MUST bh_err *outbox_drain(bh_call *call, service_runtime *runtime, const outbox *box, bool *ret_again);

/* Streams: one call to a service whose messages go out piece by piece, until the client leaves, the service ends it,
 * the session ends, or ten minutes have passed. */
#pragma once

#include "ask.h"
#include "protocol.h"
#include "routes.h"

typedef struct live_request {
    const route *route;
    const media *media;
    int64_t until_ms; /* the deadline the client names */
    const void *payload;
    size_t payload_size;
} live_request;

/* Opens the answer; the session has been checked. `r` is copied, what it points at lives as long as the stream. */
void live_begin(asker *by, http_stream *s, const live_request *r);
/* http_taker.tick and .drain. */
void live_tick(http_stream *s, int64_t mono_ms);
void live_drain(http_stream *s);

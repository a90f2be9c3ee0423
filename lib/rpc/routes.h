/* The callers that have greeted, by the names the ROUTER gave them: who must hear that the server is leaving. */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <zmq.h>

#include "rpc/frame.h"

enum { ROUTES_MAX = 1024, ROUTE_SIZE = 5 };

typedef struct routes {
    uint8_t id[ROUTES_MAX][ROUTE_SIZE];
    int n;
    int next; /* which one routes_add looks at next */
} routes;

/* Remembers a caller, unless there is no room; looks whether two others are still there. */
void routes_add(routes *all, void *router, zmq_msg_t *route);
/* Sends a frame about the connection to all, with `meta` unless that is NULL; forgets those that are gone. */
void routes_tell(routes *all, void *router, frame_kind kind, const ProtobufCMessage *meta);

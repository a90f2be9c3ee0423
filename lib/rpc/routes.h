/* The callers that have greeted, by the names the ROUTER gave them: what their streams may send together, and who must
 * hear that the server is leaving. I/O thread only. */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <zmq.h>

#include "rpc/credit.h"
#include "rpc/frame.h"
#include "rpc/inbox.h"

enum { ROUTES_MAX = 1024, ROUTE_SIZE = 5 };

typedef enum route_state {
    ROUTE_FREE,
    ROUTE_HERE,
    ROUTE_GONE, /* but some of its streams are not over yet */
} route_state;

typedef struct route {
    uint8_t id[ROUTE_SIZE];
    route_state state;
    credit credit;
    int streams;            /* of this caller */
    inbox_node *line;       /* those of them that want to send, by order ... */
    inbox_node **line_last; /* ... and where the next one is linked in */
} route;

typedef struct routes {
    route row[ROUTES_MAX]; /* they never move */
    int top;               /* no row is in use from here on */
    int here;              /* rows in that state */
    int next;              /* which one routes_add looks at next */
} routes;

/* Remembers a caller and its first credit, unless there is no room; looks whether two others are still there. */
void routes_add(routes *all, void *router, zmq_msg_t *name, credit first);
/* NULL when the caller is not known. */
route *routes_find(routes *all, zmq_msg_t *name);
/* One stream of this caller more or less; a caller that is gone is forgotten with its last one. */
void route_hold(route *caller);
void route_release(route *caller);
/* Sends a frame about the connection to all, with `meta` unless that is NULL; finds out who is gone. */
void routes_tell(routes *all, void *router, frame_kind kind, const ProtobufCMessage *meta);
/* Finds out which of those with streams are gone. */
void routes_probe(routes *all, void *router);

/* The methods that can be called from outside. */
#pragma once

#include <stdbool.h>

#include <protobuf-c/protobuf-c.h>

typedef enum route_kind {
    ROUTE_PERSON, /* needs a session */
    ROUTE_LOGIN,  /* needs none and makes one */
    ROUTE_LOGOUT, /* the gateway names the session */
    ROUTE_HIDDEN, /* not for the outside: as if it did not exist */
} route_kind;

typedef struct route {
    const char *path;
    const ProtobufCMethodDescriptor *method;
    route_kind kind;
    bool is_stream; /* answers with messages, not with one */
} route;

/* Finds "/bihuan.v1.TaskService/IssueTask"; false for unknown and hidden methods alike. ret_route->path is `path`. */
bool route_find(const char *path, route *ret_route);
/* True when the path is that of some service: its errors are then Connect errors. */
bool route_is_rpc(const char *path);

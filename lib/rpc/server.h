/* The server side of the RPC runtime: one thread owns the sockets, many workers run handlers. */
#pragma once

#include "base/buf.h"
#include "rpc/handler.h"
#include "rpc/places.h"

typedef struct rpc_server_options {
    const char *name;           /* for log lines */
    const char *endpoint;       /* "tcp://127.0.0.1:7001"; port * picks a free one */
    const char *key_file;       /* own secret key (rpc/keys.h) */
    const char *allow_file;     /* who may connect (rpc/allow.h, docs/PROTOCOL.md); read again when it changes */
    int workers;                /* threads; 0 = 64 */
    int queue_max;              /* calls that may wait for a worker; further ones end with QUEUE_FULL; 0 = 1024 */
    int streams_max;            /* streams open at the same time; 0 = 4096 */
    const char *const *streams; /* methods that answer with a stream: bihuan_streams; NULL: none */
    int32_t site_id;
    void *backend; /* becomes bh_call.backend */
} rpc_server_options;

typedef struct rpc_server rpc_server;

/* Binds the endpoint; refuses services in which a method has no rule or no handler. rpc_server_close accepts NULL. */
MUST bh_err *rpc_server_open(bh_call *call, const rpc_server_options *options, const rpc_service *services, size_t n,
                             rpc_server **ret_server);
void rpc_server_close(rpc_server *server);
/* Where it listens, with the port that was picked. */
const char *rpc_server_endpoint(const rpc_server *server);
/* Serves in the calling thread until rpc_server_stop; then tells callers to go away, finishes and answers the calls
 * already accepted, and returns when the callers are gone, or 3 s later. */
void rpc_server_run(rpc_server *server);
/* Its public key, Z85. */
const char *rpc_server_public_key(const rpc_server *server);
/* Where the other servers of its services are: its callers hear of them, and ask them too. From any thread. */
void rpc_server_tell_places(rpc_server *server, const places *others);
/* From any thread or signal handler. */
void rpc_server_stop(rpc_server *server);
/* From any thread: there may be news for the streams that wait; each has one more step within 100 ms. Accepts NULL. */
void rpc_server_wake(rpc_server *server);
/* What the calls were and how they ended (base/metric.h); from any thread. */
void rpc_server_metrics(const rpc_server *server, buf *out);

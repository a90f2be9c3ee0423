/* The client side of the RPC runtime: calls from any thread over one thread that owns the sockets. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "base/call.h"

typedef struct rpc_client_options {
    const char *key_file;   /* own secret key (rpc/keys.h) */
    const char *peers_file; /* where the services are (rpc/peers.h, docs/PROTOCOL.md); read again when it changes */
    const char *const *repeatable; /* methods that may be sent twice: bihuan_repeatable; NULL: none */
    bool gateway;                  /* our key has that role: rpc_call carries the person in call->who */
} rpc_client_options;

typedef struct rpc_client rpc_client;

/* Connects in the background and keeps connecting. No call may be under way at rpc_client_close, which accepts NULL. */
MUST bh_err *rpc_client_open(bh_call *call, const rpc_client_options *options, rpc_client **ret_client);
void rpc_client_close(rpc_client *client);
/* True while the server of this service answers. */
bool rpc_client_is_ready(const rpc_client *client, const char *service);

/* rpc_call(client, c, &bh__task_service__descriptor, "GetTask", &req.base, &resp): blocks at most until c's deadline;
 * the response lies in c's arena. Errors: the server's own (code, reason, sentences); SERVICE_UNREACHABLE when nothing
 * was sent; OUTCOME_UNKNOWN when the connection broke afterwards; DEADLINE_EXPIRED. */
MUST bh_err *rpc_call(rpc_client *client, bh_call *c, const ProtobufCServiceDescriptor *service, const char *method,
                      const ProtobufCMessage *request, ProtobufCMessage **ret_response);

/* The same, asking the server that has this name in the peers file. */
MUST bh_err *rpc_call_at(rpc_client *client, const char *server, bh_call *c, const ProtobufCServiceDescriptor *service,
                         const char *method, const ProtobufCMessage *request, ProtobufCMessage **ret_response);

/* rpc_call in two steps, for many calls at once: every call that was begun is ended, before its arena goes. */
typedef struct rpc_pending rpc_pending;
rpc_pending *rpc_begin(rpc_client *client, bh_call *c, const ProtobufCServiceDescriptor *service, const char *method,
                       const ProtobufCMessage *request);
MUST bh_err *rpc_end(rpc_pending *pending, bh_call *c, ProtobufCMessage **ret_response);

/* A call whose bytes are passed on unread. Everything is copied. */
typedef struct rpc_request {
    const char *method;   /* "/bihuan.v1.TaskService/IssueTask" */
    const char *server;   /* a service of the server to ask, for what every server offers; NULL: the method's own */
    const char *trace_id; /* 32 hex digits */
    const principal *who; /* NULL: nobody */
    int64_t deadline_ms;  /* clock_mono_ms() */
    const void *payload;
    size_t payload_size;
} rpc_request;

typedef struct rpc_result rpc_result;

/* Receives the result, and owns it, exactly once per rpc_start; runs in the client's own thread and must not block. */
typedef void rpc_done(void *data, rpc_result *result);
/* From any thread, also from rpc_done. The result to come, for rpc_cancel. */
rpc_result *rpc_start(rpc_client *client, const rpc_request *request, rpc_done *done, void *data);
/* Nobody waits for the call any more: unless its answer has come, it ends now with CALL_CANCELLED, and the server may
 * stop working for it. What it has done by then is not known. To be called before the result is freed. */
void rpc_cancel(rpc_client *client, rpc_result *result);

/* A call that is answered with a stream of messages; `done` comes once, at its end. The server sends no more than
 * STREAM_MESSAGES_MAX messages with STREAM_BYTES_MAX bytes that were not accepted yet. Once a message came it is never
 * sent again by itself: whoever made it knows how far he got. */
enum { STREAM_MESSAGES_MAX = 16, STREAM_BYTES_MAX = 256 << 10 };
/* One message; the bytes live until it returns. Runs in the client's own thread and must not block. */
typedef void rpc_item(void *data, const uint8_t *payload, size_t size);
rpc_result *rpc_stream(rpc_client *client, const rpc_request *request, rpc_item *item, rpc_done *done, void *data);
/* From any thread, also from rpc_item: a message of so many bytes was dealt with, the server may send as much more. To
 * be called before the result is freed. */
void rpc_accept(rpc_client *client, rpc_result *stream, size_t bytes);

/* NULL when the call went well, else the error, in the call's arena. */
bh_err *rpc_result_error(bh_call *call, const rpc_result *result);
/* The response bytes; they live as long as the result. */
const uint8_t *rpc_result_payload(const rpc_result *result, size_t *ret_size);
void rpc_result_free(rpc_result *result);

/* How a handler is written: it returns an error or NULL, it never replies. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "base/call.h"

/* What a stream wants after a step. */
typedef enum rpc_step {
    RPC_STEP_SEND, /* the response goes out; the next step comes when the client takes more */
    RPC_STEP_WAIT, /* nothing now; the next step comes after rpc_server_wake, or a few seconds */
    RPC_STEP_END,
} rpc_step;

/* What the runtime hands through the generated slot; without a call the slot only says what it is. */
typedef struct rpc_exchange {
    bh_call *call;
    ProtobufCMessage *response; /* initialised, in the call's arena */
    bool is_stream;
    rpc_step step;
    bh_err *error;
} rpc_exchange;

/* BH_RPC(TaskService, issue_task, IssueTaskRequest, IssueTaskResponse) {
 *     TRY(check(c, req));
 *     return task_store_issue(c, req, resp);
 * }
 * fills the slot issue_task of BH__TASK_SERVICE__INIT(rpc_); a missing method or a wrong type does not compile. */
#define BH_RPC(Service, method, Request, Response)                                                \
    static bh_err *handle_##method(bh_call *c, const Bh__##Request *req, Bh__##Response *resp);   \
    static void rpc_##method(UNUSED Bh__##Service##_Service *service, const Bh__##Request *input, \
                             UNUSED Bh__##Response##_Closure closure, void *data) {               \
        rpc_exchange *x = data;                                                                   \
        x->is_stream = false;                                                                     \
        if (x->call)                                                                              \
            x->error = handle_##method(x->call, input, (Bh__##Response *) x->response);           \
    }                                                                                             \
    static bh_err *handle_##method(UNUSED bh_call *c, UNUSED const Bh__##Request *req, UNUSED Bh__##Response *resp)

/* A method that answers with a stream is asked for one message after the other: BH_RPC_STREAM(AuditService,
 * watch_changes, WatchChangesRequest, WatchChangesResponse) { ...; *ret_step = RPC_STEP_SEND; return NULL; }
 * Between two steps nothing of it runs, and all it remembers is its request, which it may change. */
#define BH_RPC_STREAM(Service, method, Request, Response)                                                           \
    static bh_err *handle_##method(bh_call *c, Bh__##Request *req, Bh__##Response *resp, rpc_step *ret_step);       \
    static void rpc_##method(UNUSED Bh__##Service##_Service *service, const Bh__##Request *input,                   \
                             UNUSED Bh__##Response##_Closure closure, void *data) {                                 \
        rpc_exchange *x = data;                                                                                     \
        x->is_stream = true;                                                                                        \
        if (x->call)                                                                                                \
            x->error = handle_##method(x->call, (Bh__##Request *) input, (Bh__##Response *) x->response, &x->step); \
    }                                                                                                               \
    static bh_err *handle_##method(UNUSED bh_call *c, UNUSED Bh__##Request *req, UNUSED Bh__##Response *resp,       \
                                   rpc_step *ret_step)

/* Who may call a method. A service whose table misses a method does not start. */
typedef enum rpc_audience {
    RPC_PUBLIC,   /* the gateway, also without a session */
    RPC_USER,     /* the gateway, for a person whose post is in `posts` */
    RPC_INTERNAL, /* other services of the site, speaking for themselves */
} rpc_audience;

typedef struct rpc_rule {
    const char *method; /* "IssueTask" */
    rpc_audience audience;
    uint32_t posts; /* bit set of domain posts for RPC_USER; 0 = any post */
} rpc_rule;

/* One protobuf service as served by this process. */
typedef struct rpc_service {
    ProtobufCService *vtable; /* from BH__X_SERVICE__INIT(rpc_) */
    const rpc_rule *rules;
    size_t rule_count;
    /* Says to whoever holds none of the posts of a rule which they are; NULL where no rule names any. */
    bh_err *(*refuse_post)(bh_call *call, uint32_t posts);
} rpc_service;

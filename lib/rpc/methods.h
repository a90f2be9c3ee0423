/* The methods a server offers: one row per method of its services, with the rule that says who may call it. */
#pragma once

#include "rpc/allow.h"
#include "rpc/handler.h"
#include "rpc/tally.h"

typedef struct method {
    const char *path; /* "/bihuan.v1.TaskService/IssueTask" */
    const rpc_rule *rule;
    const rpc_service *service;
    unsigned index; /* in the service's descriptor */
    const ProtobufCMethodDescriptor *type;
    bool is_stream; /* answers with many messages */
    tally *calls;
} method;

typedef struct method_table {
    method *rows; /* sorted by path */
    size_t n;
} method_table;

/* Builds the table in `mem`; the services stay where they are. A method without a rule or without a handler is an
 * error, so is a rule without a method, and a handler of the wrong kind: `streams` names the methods that answer with a
 * stream (bihuan_streams; NULL: none).
 */
MUST bh_err *methods_build(bh_call *call, arena *mem, const rpc_service *services, size_t n, const char *const *streams,
                           method_table *ret_table);
/* NULL when there is none. */
const method *methods_find(const method_table *table, const char *path);
/* NULL, or why call->who, coming with a key of this role, may not call the method: METHOD_NOT_ALLOWED is about the key,
 * LOGIN_NEEDED and POST_REFUSED are about the person. */
MUST bh_err *method_check(bh_call *call, const method *m, allow_role role);
/* Runs the handler, of a stream for one step; *ret_response lies in the call's arena. *ret_step: RPC_STEP_END for a
 * method that answers once. */
MUST bh_err *method_invoke(bh_call *call, const method *m, ProtobufCMessage *request, ProtobufCMessage **ret_response,
                           rpc_step *ret_step);

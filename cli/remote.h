/* Calls of the contract over the Connect protocol, and what is tried again. */
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "app.h"
#include "bihuan/v1/error.pb-c.h"
#include "http.h"

/* A method of the contract: { &bh__task_service__descriptor, "GetTask" }. */
typedef struct remote_method {
    const ProtobufCServiceDescriptor *service;
    const char *name;
} remote_method;

/* The method's descriptor; a name that does not exist is a programmer's error. */
const ProtobufCMethodDescriptor *remote_describe(remote_method method);
/* An empty request of the method. */
ProtobufCMessage *remote_request(app *a, remote_method method);

/* Calls and waits; what may heal (the server is away, busy, restarting) is tried again with the same bytes until the
 * time limit. Errors: the server's own; SERVER_UNREACHABLE and SERVER_NOT_TRUSTED; ANSWER_LOST when nobody can say
 * whether the call took effect. */
MUST bh_err *remote_call(app *a, remote_method method, const ProtobufCMessage *request,
                         ProtobufCMessage **ret_response);

/* The same patience for one HTTPS exchange; refusals are errors, and ret_answer is an answer 200. */
MUST bh_err *remote_exchange(app *a, const http_request *request, http_answer *ret_answer);

/* One exchange without that patience. */
MUST bh_err *remote_attempt(app *a, const http_request *request, int64_t left_ms, http_answer *ret_answer);
/* What the server said in JSON. */
bh_err *remote_error(app *a, const Bh__ConnectError *from);
/* May the same bytes succeed in a moment? */
bool remote_is_passing(const bh_err *error);
void remote_pause(int64_t ms);

/* True when the answer settles what became of a command, so that its id need not be kept. */
bool remote_is_settled(const bh_err *error);

/* Repeated fields and strings of messages: an allocator for protobuf_c_message_unpack that uses the arena. */
ProtobufCAllocator remote_allocator(arena *mem);

/* One call on its way through the client, and in the end its result. */
#pragma once

#include <stdint.h>

#include <zmq.h>

#include "rpc/client.h"
#include "rpc/frame.h"
#include "rpc/inbox.h"

struct connection;

struct rpc_result {
    inbox_node node;               /* links it on its way to the connection, then among those that wait there */
    struct connection *connection; /* NULL when no peer offers the service */
    zmq_msg_t message;             /* the request until it is sent, then the answer */
    frame answer;                  /* parsed from it */
    bool failed;                   /* there is no answer, for this reason: */
    bh_reason failure;
    const char *service; /* the peer's, for the error's sentence */
    int64_t deadline_ms;
    int64_t since_ms; /* when it reached the connection */
    rpc_done *done;
    void *data;
};

/* A call ready to be sent; timeout and call id are still open. */
rpc_result *rpc_result_new(const rpc_request *request, rpc_done *done, void *data);
/* Hands the result over: without an answer, or with the one in `message`, which is taken over. */
void result_fail(rpc_result *result, bh_reason failure);
void result_answer(rpc_result *result, zmq_msg_t *message, const frame *answer);

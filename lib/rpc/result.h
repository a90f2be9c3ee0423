/* One call on its way through the client, and in the end its result. */
#pragma once

#include <stdint.h>

#include <zmq.h>

#include "rpc/client.h"
#include "rpc/frame.h"
#include "rpc/inbox.h"

struct connection;

enum { RESULT_ARGUMENT_SIZE = 80 };

struct rpc_result {
    inbox_node node;               /* links it on its way to the connection, then among those that wait there */
    struct connection *connection; /* NULL when no peer offers the service */
    zmq_msg_t message;             /* the request until it is sent, then the answer */
    frame answer;                  /* parsed from it */
    bool failed;                   /* there is no answer, for this reason: */
    bh_reason failure;
    char argument[RESULT_ARGUMENT_SIZE]; /* of the failure's sentence: the service, or what is wrong with the request */
    int64_t deadline_ms;
    int64_t since_ms; /* when it reached the connection */
    rpc_done *done;
    void *data;
};

/* A call ready to be sent; timeout and call id are still open. One that no server would take has failed already. */
rpc_result *rpc_result_new(const rpc_request *request, rpc_done *done, void *data);
/* Hands the result over: without an answer, or with the one in `message`, which is taken over. */
void rpc_result_fail(rpc_result *result, bh_reason failure);
void rpc_result_finish(rpc_result *result);
void rpc_result_answer(rpc_result *result, zmq_msg_t *message, const frame *answer);

/* One call on its way through the client, and in the end its result. */
#pragma once

#include <stdint.h>

#include <zmq.h>

#include "rpc/client.h"
#include "rpc/frame.h"
#include "rpc/inbox.h"

struct channel;

enum { RESULT_ARGUMENT_SIZE = 80 };

struct rpc_result {
    inbox_node node;         /* links it on its way to the channel, then among those that wait there */
    struct channel *channel; /* of its service */
    zmq_msg_t request;       /* kept until the call ends: it may have to be sent again */
    zmq_msg_t message;       /* the answer */
    frame answer;            /* parsed from it */
    bool failed;             /* there is no answer, for this reason: */
    bh_reason failure;
    char argument[RESULT_ARGUMENT_SIZE]; /* of the failure's sentence: the service, or what is wrong with the request */
    bool repeatable;                     /* may be sent again although the server may have done it */
    int attempt;                         /* attempts made before this one */
    int64_t deadline_ms;
    int64_t since_ms;      /* waits for a server since */
    int64_t not_before_ms; /* may not be sent earlier: the server was busy */
    rpc_done *done;
    void *data;
};

/* A call ready to be sent; timeout and call id are still open. One that no server would take has failed already. */
rpc_result *rpc_result_new(const rpc_request *request, rpc_done *done, void *data);
/* Keeps the answer in `message`, which is taken over. */
void rpc_result_answer(rpc_result *result, zmq_msg_t *message, const frame *answer);
/* Forgets the answer; the request is ready to be sent once more, as bytes of its own. */
void rpc_result_again(rpc_result *result);
/* Hands the result over: as it is, or without an answer. */
void rpc_result_finish(rpc_result *result);
void rpc_result_fail(rpc_result *result, bh_reason failure);

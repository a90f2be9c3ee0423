/* One call on its way through the client, and in the end its result. */
#pragma once

#include <stdint.h>

#include <zmq.h>

#include "rpc/client.h"
#include "rpc/credit.h"
#include "rpc/frame.h"
#include "rpc/inbox.h"

struct channel;
struct connection;

enum { RESULT_ARGUMENT_SIZE = 80 };

/* What another thread wants of the client's own for a call. */
typedef struct rpc_errand {
    inbox_node node;
    rpc_result *call;
    void (*run)(rpc_client *client, rpc_result *call, int64_t now_ms);
} rpc_errand;

struct rpc_result {
    inbox_node node; /* links it among those that wait in the channel, or come back from a connection */
    rpc_errand start;
    rpc_errand cancel;
    rpc_errand accept;
    atomic_int holders;         /* its owner, and the errands behind the first: the last one frees it */
    atomic_bool is_cancelled;   /* that errand was sent */
    bool is_unwanted;           /* ... and has arrived */
    bool has_ended;             /* it was handed over */
    struct channel *channel;    /* of its service */
    struct connection *sent_on; /* and not answered; NULL: it waits */
    uint64_t call_id;           /* there */
    zmq_msg_t request;          /* kept until the call ends: it may have to be sent again */
    zmq_msg_t message;          /* the answer */
    frame answer;               /* parsed from it */
    bool failed;                /* there is no answer, for this reason: */
    bh_reason failure;
    char argument[RESULT_ARGUMENT_SIZE]; /* of the failure's sentence: the service, or what is wrong with the request */
    bool repeatable;                     /* may be sent again although the server may have done it */
    int attempt;                         /* attempts made before this one */
    int64_t deadline_ms;
    int64_t since_ms;      /* waits for a server since */
    int64_t not_before_ms; /* may not be sent earlier: the server was busy */
    rpc_done *done;
    void *data;
    rpc_item *item;            /* NULL: the call is no stream */
    uint32_t items;            /* that came */
    credit window;             /* what the server may still send */
    _Atomic uint32_t messages; /* accepted, and not yet granted anew */
    _Atomic uint32_t bytes;
    atomic_bool is_accepting; /* that errand was sent */
};

/* A call ready to be sent; timeout and call id are still open. One that no server would take has failed already. */
rpc_result *rpc_result_new(const rpc_request *request, rpc_item *item, rpc_done *done, void *data);
/* Keeps the answer, a frame of `message`. */
void rpc_result_answer(rpc_result *result, zmq_msg_t *message, const frame *answer);
/* Hands one message of the stream over; false when it is not the next one, or more than was granted. */
bool rpc_result_item(rpc_result *result, const frame *message);
/* Gives the call one holder more; each calls rpc_result_free. */
void rpc_result_hold(rpc_result *result);
/* Forgets the answer; the request is ready to be sent once more, as bytes of its own. */
void rpc_result_again(rpc_result *result);
/* Hands the result over: as it is, or without an answer. */
void rpc_result_finish(rpc_result *result);
void rpc_result_fail(rpc_result *result, bh_reason failure);

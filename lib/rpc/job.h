/* One received call on its way through the server: I/O thread -> queue -> worker -> I/O thread. */
#pragma once

#include <stdint.h>

#include <zmq.h>

#include "rpc/allow.h"
#include "rpc/frame.h"
#include "rpc/handler.h"
#include "rpc/routes.h"

/* Jobs that never reach a worker are answered by the I/O thread itself. */
typedef enum job_refusal { JOB_ACCEPTED, JOB_QUEUE_FULL, JOB_SHUTTING_DOWN } job_refusal;

enum { JOB_LINE_SIZE = 640 };

/* Where a stream is between two of its messages. */
typedef enum stream_state {
    STREAM_WAITS,   /* for a wake-up: its handler had nothing to say */
    STREAM_STALLS,  /* for credit of its own */
    STREAM_LINES,   /* in the line of its caller, for a worker and the caller's credit */
    STREAM_AT_WORK, /* a worker has it, and credit for a message is set aside */
} stream_state;

/* What a call that answers with many messages has besides. */
typedef struct stream {
    route *caller; /* NULL: the call is no stream */
    stream_state state;
    credit credit;
    bool is_woken;     /* while it was at work */
    const char *fault; /* the caller has broken a rule */
    uint32_t sent;     /* messages, so far */
    rpc_step step;     /* what the last step said */
    zmq_msg_t request; /* as the last step left it; the call's payload points into it */
    struct job *next;  /* among all streams, which are a ring */
    struct job *previous;
} stream;

typedef struct job {
    inbox_node node;   /* links it in the queue, then among the replies, then among the spare jobs */
    zmq_msg_t route;   /* which connection the reply goes to */
    zmq_msg_t request; /* `open` points into it */
    zmq_msg_t reply;   /* made by the worker; empty after a step that sends nothing */
    frame open;        /* the parsed request */
    job_refusal refusal;
    atomic_bool cancelled; /* the caller has given the call up */
    struct job **bucket;   /* where jobs.c finds it; NULL: nowhere */
    struct job *next_in_bucket;
    const char *fault;            /* what is wrong with the frame; NULL for a good one */
    int64_t arrived_ms;           /* clock_mono_ms() */
    int64_t queued_ms;            /* handed to the workers */
    allow_role role;              /* of the caller's key */
    char caller[ALLOW_NAME_SIZE]; /* "" when the key is not (or no longer) allowed */
    stream stream;
    size_t line_size;         /* the call's log line; written before the reply is sent, many at a time */
    char line[JOB_LINE_SIZE]; /* last, so that a fresh job need not clear it */
} job;

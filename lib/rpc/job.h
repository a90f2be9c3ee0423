/* One received call on its way through the server: I/O thread -> queue -> worker -> I/O thread. */
#pragma once

#include <stdint.h>

#include <zmq.h>

#include "rpc/allow.h"
#include "rpc/frame.h"
#include "rpc/inbox.h"

/* Jobs that never reach a worker are answered by the I/O thread itself. */
typedef enum job_refusal { JOB_ACCEPTED, JOB_QUEUE_FULL, JOB_SHUTTING_DOWN } job_refusal;

enum { JOB_LINE_SIZE = 640 };

typedef struct job {
    inbox_node node;   /* links it in the queue, then among the replies, then among the spare jobs */
    zmq_msg_t route;   /* which connection the reply goes to */
    zmq_msg_t request; /* `open` points into it */
    zmq_msg_t reply;   /* made by the worker */
    frame open;        /* the parsed request */
    job_refusal refusal;
    atomic_bool cancelled; /* the caller has given the call up */
    struct job **bucket;   /* where jobs.c finds it; NULL: nowhere */
    struct job *next_in_bucket;
    const char *fault;            /* what is wrong with the frame; NULL for a good one */
    int64_t arrived_ms;           /* clock_mono_ms() */
    allow_role role;              /* of the caller's key */
    char caller[ALLOW_NAME_SIZE]; /* "" when the key is not (or no longer) allowed */
    size_t line_size;             /* the call's log line; written before the reply is sent, many at a time */
    char line[JOB_LINE_SIZE];     /* last, so that a fresh job need not clear it */
} job;

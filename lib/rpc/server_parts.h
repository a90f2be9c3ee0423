/* The inside of a server, for the files it consists of: server.c opens and runs it, receive.c deals with what comes,
 * answer.c with what goes out. */
#pragma once

#include <pthread.h>

#include "bihuan/rpc/v1/envelope.pb-c.h"
#include "rpc/bundle.h"
#include "rpc/jobs.h"
#include "rpc/keys.h"
#include "rpc/queue.h"
#include "rpc/routes.h"
#include "rpc/serve.h"
#include "rpc/server.h"
#include "rpc/streams.h"

enum { SERVER_LOOK_MS = 100 /* how often streams are looked after */ };

struct rpc_server {
    arena *mem;
    rpc_key key;
    allow_list *allowed;
    serve_setup setup;
    Bh__Rpc__Hello hello;
    void *context;
    void *zap;
    void *router;
    int zap_fd;
    int router_fd;
    const char *endpoint;
    queue *waiting;
    inbox replies;
    bundle answers; /* to one caller, not sent yet */
    jobs jobs;
    streams streams;
    routes greeted;
    pthread_mutex_t places_lock;
    places places;              /* as told; under the lock */
    atomic_bool places_are_new; /* since the callers heard of them */
    places said;                /* in our HELLO */
    Bh__Rpc__Place said_place[RPC_PLACES_MAX], *said_list[RPC_PLACES_MAX];
    inbox_node *batch; /* for the workers after this turn, oldest first */
    inbox_node **batch_end;
    pthread_t *threads;
    int workers;
    arena *scratch; /* for calls refused by the I/O thread */
    int64_t attended_ms;
    int64_t refreshed_ms;
    int64_t looked_ms;
    int64_t probed_ms;
    atomic_bool stopping;
    int64_t drained_ms; /* when callers that stay have had their time; 0 = not stopping */
    int64_t told_ms;
};

/* --- receive.c --- */

/* Reads what waits, up to a limit; calls for the workers gather in s->batch. False when nothing waits now. */
bool server_receive(rpc_server *s, int64_t now_ms);
/* Finds out whose key the job came with; none, no longer: j->caller stays empty. */
void server_identify(rpc_server *s, job *j, int64_t wall_ms);
/* For the workers, at the end of this turn. */
void server_hand_over(rpc_server *s, job *j);

/* --- answer.c --- */

/* Sends j->reply, soon, and lets the job go. */
void server_reply(rpc_server *s, job *j);
/* To be called before the next look at the socket: what was to be sent soon is sent. */
void server_flush(rpc_server *s);
/* The job never reached a worker, or is a stream that none has: it is refused, with the reason that it carries. */
void server_refuse(rpc_server *s, job *j);
/* A stream ends between two steps; one that is at work ends when it comes back. True when it did. */
bool server_end_if_over(rpc_server *s, job *j, int64_t now_ms);
/* What the workers have done. */
void server_send_replies(rpc_server *s, int64_t now_ms);
/* Ends the streams that are over, wakes those that wait, finds out whose callers are gone. */
void server_look_after_streams(rpc_server *s, int64_t now_ms);

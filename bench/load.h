/* Load through lib/rpc, and how long its calls took: callers, each with one call under way (closed), or calls at a
 * given rate (open). */
#pragma once

#include "rpc/client.h"

enum { LOAD_KINDS_MAX = 8, LOAD_BYTES_MAX = 2048 };

/* One call; `kind` says which figures it belongs to. */
typedef struct load_request {
    int kind;
    const char *method;
    const principal *who;
    size_t size;
    uint8_t bytes[LOAD_BYTES_MAX];
} load_request;

/* The functions run in the client's thread. `turn` counts the calls of one caller from 0. */
typedef struct load_plan {
    int callers;
    int64_t ms;       /* no call begins later; at most a minute */
    int turns;        /* of each caller; 0 = until the time is over */
    double per_s;     /* 0: a call of a caller begins when the one before has ended. Else one caller begins its turns at
                         this rate, whatever became of those before, and a call takes from when it was due */
    const void *data; /* of the functions */
    void (*pack)(const void *data, int caller, int turn, load_request *ret_request);
    bool (*is_right)(const void *data, int caller, int turn, const uint8_t *bytes, size_t size);
} load_plan;

typedef struct load_figures {
    size_t calls;
    double p50_us, p99_us;
} load_figures;

typedef struct load_result {
    double seconds;
    double cpu_us; /* of this process, without what the figures took */
    size_t calls;
    load_figures kinds[LOAD_KINDS_MAX];
} load_result;

/* Runs the plan to its end. A call that fails, or is answered wrongly, ends the program. */
load_result load_run(rpc_client *client, const load_plan *plan);
/* A client with the gateway's key; waits until every one of the services answers; ends the program after 20 s. */
rpc_client *load_client(bh_call *call, const char *key_file, const char *peers_file, const char *const *services,
                        size_t n);

/* What every function that serves one request receives. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* Who speaks: made by the gateway from a session, or a service speaking for itself (user_id 0). */
typedef struct principal {
    int32_t user_id;
    int32_t unit_id;
    int32_t post;        /* domain/posts.def; 0 for a service */
    int32_t leader_id;   /* the leader a delegate acts for; equals user_id for the leader in person; else 0 */
    const char *login;   /* for log lines; never NULL */
    const char *service; /* name of the calling process from the allow-list; never NULL */
} principal;

typedef struct bh_call {
    arena *mem; /* owns everything reachable from the call */
    principal who;
    int32_t site_id;
    int64_t deadline_ms;          /* clock_mono_ms() at which waiting ends */
    const atomic_bool *cancelled; /* whoever asked has given the call up; NULL: nobody ever does */
    int64_t now_ms;               /* clock_now_ms() when the call arrived */
    int32_t attempt;              /* how often the caller had sent this call before */
    const char *trace_id;         /* 32 hex digits; never NULL */
    const char *method;           /* "/bihuan.v1.TaskService/IssueTask" */
    const uint8_t *payload;       /* the request as received; what the fingerprint covers */
    size_t payload_size;
    void *backend; /* the worker's backend (a pg_pool in the services) */
} bh_call;

/* True when nobody waits for the answer any more: the call was given up, or its deadline has passed. */
bool call_is_over(const bh_call *call);
/* The same as an error: CALL_CANCELLED or DEADLINE_EXPIRED; NULL while somebody waits. */
MUST bh_err *call_check(bh_call *call);
/* How long a thread may sleep for the call before it looks again: clock_mono_ms(), not after the deadline. */
int64_t call_look_ms(const bh_call *call);

/* A call made by the process itself (start-up, jobs, tests); freed by call_free. */
bh_call *call_new(const char *method, int64_t timeout_ms);
void call_free(bh_call *call);

/* The streams of a server between their steps: what each waits for, and whose turn it is. I/O thread only. */
#pragma once

#include "rpc/job.h"

typedef struct streams {
    job *ring;    /* one of all streams; NULL: there is none */
    int step_max; /* steps at work at the same time */
    int at_work;
    int lined;         /* streams in the lines of their callers */
    int turn;          /* the caller looked at next */
    atomic_bool woken; /* by another thread */
    int64_t woken_ms;
    _Atomic uint64_t sent; /* messages; read by other threads */
    _Atomic uint64_t stalls;
} streams;

/* Steps get a part of the workers, so that calls find one. */
void streams_init(streams *all, int workers);
/* A stream that wants its first step. */
void streams_enter(streams *all, job *j);
/* It is over, and not at work. */
void streams_leave(streams *all, job *j);
/* The next stream whose step may begin, callers in turn, with credit for its message set aside; NULL: none may. */
job *streams_next(streams *all, routes *callers);
/* A worker has done its step: what was set aside is used or comes back. */
void streams_settle(streams *all, job *j);
/* After streams_settle: what it waits for now. */
void streams_place(streams *all, job *j);
/* False when there would be more credit than there may be. */
bool streams_grant(streams *all, job *j, credit more);
/* Every stream that waits has another step, if somebody asked for it or it is time. */
void streams_look(streams *all, int64_t now_ms);

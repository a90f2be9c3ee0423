/* The jobs of a server, as many as it may have: spare ones, and those in use, which are found by whose calls they are.
 * I/O thread only. */
#pragma once

#include "rpc/job.h"

typedef struct jobs {
    inbox_node *spare;
    _Atomic int busy; /* in use; read by other threads */
    job overflow;     /* holds a call that found no spare job just long enough to refuse it */
    job **buckets;    /* the calls that were accepted, by a hash of connection and call id */
    size_t bucket_count;
} jobs;

void jobs_init(jobs *all, arena *mem, int n);
/* An empty job; one that says JOB_QUEUE_FULL when none is spare. */
job *jobs_take(jobs *all);
void jobs_release(jobs *all, job *j);
/* The call was accepted: it is found until its job is released. */
void jobs_enter(jobs *all, job *j);
/* The accepted call with the call id, connection and key of this one; NULL when it has ended, or never was. */
job *jobs_find(const jobs *all, job *like);

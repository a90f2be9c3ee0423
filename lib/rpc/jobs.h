/* The jobs of a server, as many as it may have: spare ones, and those in use, which are found by whose calls they are.
 * I/O thread only. */
#pragma once

#include "rpc/job.h"

typedef struct jobs {
    job *every;
    int fresh; /* of them were never used */
    inbox_node *spare;
    int calls_max; /* of those that may be in use, and ... */
    int streams_max;
    _Atomic int calls; /* ... those that are; read by other threads */
    _Atomic int streams;
    job overflow;  /* holds a call that found no spare job just long enough to refuse it */
    job **buckets; /* the calls that were accepted, by a hash of connection and call id */
    size_t bucket_count;
} jobs;

void jobs_init(jobs *all, arena *mem, int calls_max, int streams_max);
/* An empty job; one that says JOB_QUEUE_FULL when none is spare. */
job *jobs_take(jobs *all);
void jobs_release(jobs *all, job *j);
/* The call is a stream and counts as such until its job is released; false when there are as many as may be. */
bool jobs_stream(jobs *all, job *j, route *caller);
/* The call was accepted: it is found until its job is released. */
void jobs_enter(jobs *all, job *j);
/* The accepted call with the call id, connection and key of this one; NULL when it has ended, or never was. */
job *jobs_find(const jobs *all, job *like);
/* Whether both came over the same connection. */
bool job_has_route_of(job *a, job *b);

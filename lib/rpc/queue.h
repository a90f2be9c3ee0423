/* Jobs waiting for a worker, in order of arrival. It is bounded by whoever makes the jobs: there are so many. */
#pragma once

#include "rpc/job.h"

typedef struct queue queue;

/* For that many threads that will call queue_take. */
queue *queue_new(arena *mem, int workers);
void queue_free(queue *q);
/* Appends a list of jobs and wakes a worker; workers wake one another while jobs are left and that is worth it. */
void queue_put(queue *q, inbox_node *first);
/* The next job; waits for one. NULL once the queue is closed and empty. */
job *queue_take(queue *q);
/* After a job that took so long: the next one if it is at hand and jobs are quick lately. NULL: tell of what was done,
 * then queue_take. */
job *queue_next(queue *q, int64_t took_ms);
/* To be called while jobs wait: makes sure that none waits long while workers are idle. Milliseconds until it wants to
 * be called again, which is also how long a worker that takes queue_next keeps what it has done to itself; -1 when no
 * job waits. */
int queue_watch(queue *q, int64_t now_ms);
/* No further jobs will be put. */
void queue_close(queue *q);

/* Jobs waiting for a worker, in order of arrival. It is bounded by whoever makes the jobs: there are so many. */
#pragma once

#include "rpc/job.h"

typedef struct queue queue;

queue *queue_new(arena *mem);
void queue_free(queue *q);
/* Appends a list of jobs and wakes at most one worker; workers wake one another while jobs are left. */
void queue_put(queue *q, inbox_node *first);
/* The next job; waits for one. NULL once the queue is closed and empty. */
job *queue_take(queue *q);
/* No further jobs will be put. */
void queue_close(queue *q);

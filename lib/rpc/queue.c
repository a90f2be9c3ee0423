#include "rpc/queue.h"

#include <pthread.h>

#include "base/latch.h"

/* A job is quick below QUICK_US; STALL_MS in the queue mean that the workers at hand are stuck. */
enum { QUICK_WORKERS = 2, QUICK_US = 200, SLOW_US = 10 * 1000, STALL_MS = 3, PACE_WEIGHT = 16 };

/* A worker that waits. */
typedef struct sleeper {
    struct sleeper *next;
    latch wake;
} sleeper;

struct queue {
    pthread_mutex_t lock;
    inbox_node *first;
    inbox_node **last; /* where the next job is linked in */
    int workers;
    int idle;          /* workers that wait: */
    sleeper *sleepers; /* who fell asleep last is woken first, for his memory is still in the processor's cache */
    bool waking;       /* one of them was told to wake up and has not yet: no need to tell another */
    int64_t pace_us;   /* what a job takes lately */
    uint64_t taken;    /* jobs, so far */
    uint64_t seen;     /* of them at the last queue_watch, and ... */
    int64_t moved_ms;  /* ... when it first saw so many */
    bool closed;
};

queue *queue_new(arena *mem, int workers) {
    queue *q = arena_alloc(mem, sizeof(*q));
    q->last = &q->first;
    q->workers = workers;
    pthread_mutex_init(&q->lock, NULL);
    return q;
}

void queue_free(queue *q) {
    pthread_mutex_destroy(&q->lock);
}

static bool is_quick(const queue *q) {
    return q->pace_us < QUICK_US;
}

/* Jobs that never block are done sooner by the few workers at hand than by others who must be woken first. Jobs that
 * block need every worker there is. */
static bool should_wake(const queue *q) {
    return q->first && q->idle && !q->waking && (q->workers - q->idle < QUICK_WORKERS || !is_quick(q));
}

static sleeper *pop(queue *q) {
    sleeper *top = q->sleepers;
    q->sleepers = top->next;
    q->idle--;
    return top;
}

/* Gives the lock back, and wakes a worker when that helps. */
static void leave(queue *q) {
    sleeper *woken = should_wake(q) ? pop(q) : NULL;
    q->waking |= woken != NULL;
    pthread_mutex_unlock(&q->lock);
    if (woken)
        latch_open(&woken->wake);
}

void queue_put(queue *q, inbox_node *first) {
    inbox_node *last = first;
    while (last->next)
        last = last->next;
    pthread_mutex_lock(&q->lock);
    *q->last = first;
    q->last = &last->next;
    leave(q);
}

static void sleep_once(queue *q) {
    sleeper self = { .next = q->sleepers };
    q->sleepers = &self;
    q->idle++;
    pthread_mutex_unlock(&q->lock);
    latch_wait(&self.wake);
    pthread_mutex_lock(&q->lock);
    q->waking = false;
}

/* With the first job, if there is one. */
static job *leave_with_job(queue *q) {
    inbox_node *node = q->first;
    if (node) {
        q->first = node->next;
        q->taken++;
        if (!q->first)
            q->last = &q->first;
    }
    leave(q);
    return (job *) node;
}

job *queue_take(queue *q) {
    pthread_mutex_lock(&q->lock);
    while (!q->first && !q->closed)
        sleep_once(q);
    return leave_with_job(q);
}

job *queue_next(queue *q, int64_t took_ms) {
    pthread_mutex_lock(&q->lock);
    q->pace_us += (took_ms * 1000 - q->pace_us) / PACE_WEIGHT;
    if (is_quick(q))
        return leave_with_job(q);
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

/* A queue that is long but moves needs nobody else. */
static bool is_stalled(queue *q, int64_t now_ms) {
    int64_t queued_ms = ((job *) q->first)->queued_ms;
    if (q->taken != q->seen)
        q->moved_ms = now_ms;
    q->seen = q->taken;
    return now_ms - queued_ms >= STALL_MS && now_ms - q->moved_ms >= STALL_MS;
}

int queue_watch(queue *q, int64_t now_ms) {
    int wait_ms = -1;
    pthread_mutex_lock(&q->lock);
    if (q->first) {
        q->pace_us = is_stalled(q, now_ms) ? SLOW_US : q->pace_us;
        wait_ms = STALL_MS;
    }
    leave(q);
    return wait_ms;
}

void queue_close(queue *q) {
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    while (q->idle)
        latch_open(&pop(q)->wake);
    pthread_mutex_unlock(&q->lock);
}

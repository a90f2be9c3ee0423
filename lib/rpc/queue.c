#include "rpc/queue.h"

#include <pthread.h>

/* A job is quick below QUICK_US; STALL_MS in the queue mean that the workers at hand are stuck. */
enum { QUICK_WORKERS = 2, QUICK_US = 200, SLOW_US = 10 * 1000, STALL_MS = 3, PACE_WEIGHT = 16 };

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t more;
    inbox_node *first;
    inbox_node **last; /* where the next job is linked in */
    int workers;
    int idle;        /* workers that wait */
    int64_t pace_us; /* what a job takes lately */
    bool waking;     /* one of them was told to wake up and has not yet: no need to tell another */
    bool closed;
};

queue *queue_new(arena *mem, int workers) {
    queue *q = arena_alloc(mem, sizeof(*q));
    q->last = &q->first;
    q->workers = workers;
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->more, NULL);
    return q;
}

void queue_free(queue *q) {
    pthread_cond_destroy(&q->more);
    pthread_mutex_destroy(&q->lock);
}

/* Jobs that never block are done sooner by the few workers at hand than by others who must be woken first. Jobs that
 * block need every worker there is. */
static bool should_wake(queue *q) {
    if (!q->first || !q->idle || q->waking || (q->workers - q->idle >= QUICK_WORKERS && q->pace_us < QUICK_US))
        return false;
    q->waking = true;
    return true;
}

void queue_put(queue *q, inbox_node *first) {
    inbox_node *last = first;
    while (last->next)
        last = last->next;
    pthread_mutex_lock(&q->lock);
    *q->last = first;
    q->last = &last->next;
    bool wake = should_wake(q);
    pthread_mutex_unlock(&q->lock);
    if (wake)
        pthread_cond_signal(&q->more);
}

static void wait_for_job(queue *q) {
    q->idle++;
    while (!q->first && !q->closed) {
        pthread_cond_wait(&q->more, &q->lock);
        q->waking = false;
    }
    q->idle--;
}

job *queue_take(queue *q, int64_t took_ms) {
    pthread_mutex_lock(&q->lock);
    q->pace_us += (took_ms * 1000 - q->pace_us) / PACE_WEIGHT;
    if (!q->first)
        wait_for_job(q);
    inbox_node *node = q->first;
    if (node) {
        q->first = node->next;
        if (!q->first)
            q->last = &q->first;
    }
    bool wake = should_wake(q);
    pthread_mutex_unlock(&q->lock);
    if (wake)
        pthread_cond_signal(&q->more);
    return (job *) node;
}

int queue_watch(queue *q, int64_t now_ms) {
    int wait_ms = -1;
    bool wake = false;
    pthread_mutex_lock(&q->lock);
    if (q->first && q->idle) {
        bool stalled = now_ms - ((job *) q->first)->arrived_ms >= STALL_MS;
        q->pace_us = stalled ? SLOW_US : q->pace_us;
        wake = stalled && should_wake(q);
        wait_ms = STALL_MS;
    }
    pthread_mutex_unlock(&q->lock);
    if (wake)
        pthread_cond_signal(&q->more);
    return wait_ms;
}

void queue_close(queue *q) {
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_mutex_unlock(&q->lock);
    pthread_cond_broadcast(&q->more);
}

#include "rpc/queue.h"

#include <pthread.h>

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t more;
    inbox_node *first;
    inbox_node **last; /* where the next job is linked in */
    int idle;          /* workers that wait */
    bool waking;       /* one of them was told to wake up and has not yet: no need to tell another */
    bool closed;
};

queue *queue_new(arena *mem) {
    queue *q = arena_alloc(mem, sizeof(*q));
    q->last = &q->first;
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->more, NULL);
    return q;
}

void queue_free(queue *q) {
    pthread_cond_destroy(&q->more);
    pthread_mutex_destroy(&q->lock);
}

/* A worker that never blocks drains a whole batch before its neighbour is awake; one that blocks has woken the next. */
static bool should_wake(queue *q) {
    if (!q->first || !q->idle || q->waking)
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

job *queue_take(queue *q) {
    pthread_mutex_lock(&q->lock);
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

void queue_close(queue *q) {
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_mutex_unlock(&q->lock);
    pthread_cond_broadcast(&q->more);
}

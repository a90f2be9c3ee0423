#include "service/turnstile.h"

#include <time.h>

static bool wait_for_place(turnstile *t, turnstile_limits limits) {
    struct timespec until = { .tv_sec = limits.until_ms / 1000, .tv_nsec = limits.until_ms % 1000 * 1000000 };
    int late = 0;
    t->waiting++;
    while (t->inside >= limits.inside && !late)
        late = pthread_cond_clockwait(&t->freed, &t->lock, CLOCK_MONOTONIC, &until);
    t->waiting--;
    return t->inside < limits.inside;
}

bool turnstile_enter(turnstile *t, turnstile_limits limits) {
    pthread_mutex_lock(&t->lock);
    bool may_enter = t->inside < limits.inside || (t->waiting < limits.waiting && wait_for_place(t, limits));
    t->inside += may_enter;
    pthread_mutex_unlock(&t->lock);
    return may_enter;
}

void turnstile_leave(turnstile *t) {
    pthread_mutex_lock(&t->lock);
    t->inside--;
    pthread_cond_signal(&t->freed);
    pthread_mutex_unlock(&t->lock);
}

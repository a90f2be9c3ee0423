#include "service/turnstile.h"

#include <time.h>

#include "base/clock.h"

static struct timespec wait_ends(const bh_call *call, int64_t wait_ms) {
    int64_t left_ms = call->deadline_ms - clock_mono_ms();
    if (left_ms > wait_ms)
        left_ms = wait_ms;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    int64_t ms = until.tv_nsec / 1000000 + (left_ms > 0 ? left_ms : 0);
    until.tv_sec += ms / 1000;
    until.tv_nsec = ms % 1000 * 1000000;
    return until;
}

bh_err *turnstile_enter(bh_call *call, turnstile *t, int64_t places, int64_t wait_ms) {
    struct timespec until = wait_ends(call, wait_ms);
    int late = 0;
    pthread_mutex_lock(&t->lock);
    while (t->inside >= places && !late)
        late = pthread_cond_timedwait(&t->freed, &t->lock, &until);
    if (!late)
        t->inside++;
    pthread_mutex_unlock(&t->lock);
    return late ? bh_fail(call, QUEUE_FULL) : NULL;
}

void turnstile_leave(turnstile *t) {
    pthread_mutex_lock(&t->lock);
    t->inside--;
    pthread_cond_signal(&t->freed);
    pthread_mutex_unlock(&t->lock);
}

#include "service/turnstile.h"

#include <time.h>

#include "base/clock.h"

static struct timespec real_time_of(int64_t mono_ms) {
    int64_t left_ms = mono_ms - clock_mono_ms();
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    int64_t ms = at.tv_nsec / 1000000 + (left_ms > 0 ? left_ms : 0);
    at.tv_sec += ms / 1000;
    at.tv_nsec = ms % 1000 * 1000000;
    return at;
}

static bool wait_for_place(turnstile *t, turnstile_limits limits) {
    struct timespec until = real_time_of(limits.until_ms);
    int late = 0;
    t->waiting++;
    while (t->inside >= limits.inside && !late)
        late = pthread_cond_timedwait(&t->freed, &t->lock, &until);
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

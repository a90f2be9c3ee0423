#include "service/turnstile.h"

#include <time.h>

#include "base/clock.h"

static _Thread_local int64_t entered_ms;

/* Those who wait already go first, as many together as there are places. */
static bool comes_in_time(const turnstile *t, turnstile_limits limits) {
    return (t->waiting + 1) * t->stay_ms <= (limits.until_ms - clock_mono_ms()) * limits.inside;
}

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
    bool may_enter = t->inside < limits.inside ||
                     (t->waiting < limits.waiting && comes_in_time(t, limits) && wait_for_place(t, limits));
    t->inside += may_enter;
    entered_ms = clock_mono_ms();
    pthread_mutex_unlock(&t->lock);
    return may_enter;
}

void turnstile_leave(turnstile *t) {
    pthread_mutex_lock(&t->lock);
    t->inside--;
    t->stay_ms = clock_mono_ms() - entered_ms;
    pthread_cond_signal(&t->freed);
    pthread_mutex_unlock(&t->lock);
}

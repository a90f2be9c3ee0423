#include "base/latch.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SHUT, SLEPT_ON, OPEN };

void latch_open(latch *l) {
    /* After the exchange the latch may be gone; waking whoever sleeps at its address by then does no harm. */
    if (atomic_exchange(&l->state, OPEN) == SLEPT_ON)
        syscall(SYS_futex, &l->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* Sleeps until something happens or the moment (absolute, NULL = none) is there. */
static void sleep_once(latch *l, const struct timespec *until) {
    uint32_t shut = SHUT;
    if (atomic_compare_exchange_strong(&l->state, &shut, SLEPT_ON) || shut == SLEPT_ON)
        syscall(SYS_futex, &l->state, FUTEX_WAIT_BITSET_PRIVATE, SLEPT_ON, until, NULL, FUTEX_BITSET_MATCH_ANY);
}

void latch_wait(latch *l) {
    while (atomic_load(&l->state) != OPEN)
        sleep_once(l, NULL);
}

static bool is_past(const struct timespec *moment) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec > moment->tv_sec || (now.tv_sec == moment->tv_sec && now.tv_nsec >= moment->tv_nsec);
}

bool latch_wait_until(latch *l, int64_t mono_ms) {
    struct timespec until = { .tv_sec = mono_ms / 1000, .tv_nsec = mono_ms % 1000 * 1000000 };
    while (atomic_load(&l->state) != OPEN) {
        if (is_past(&until))
            return false;
        sleep_once(l, &until);
    }
    return true;
}

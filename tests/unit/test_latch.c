/* The latch: opened before, during and after the wait. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/latch.h"
#include "base/macros.h"

/* What one thread hands to the other. */
typedef struct parcel {
    latch ready;
    int value;
} parcel;

static void *hand_over(void *arg) {
    parcel *p = arg;
    nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
    p->value = 7;
    latch_open(&p->ready);
    return NULL;
}

static void an_open_latch_does_not_wait(UNUSED void **state) {
    latch l = { 0 };
    latch_open(&l);
    latch_wait(&l);
    assert_true(latch_wait_until(&l, 0));
}

static void what_was_written_before_is_seen_after(UNUSED void **state) {
    for (int timed = 0; timed < 2; timed++) {
        parcel p = { 0 };
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, hand_over, &p), 0);
        if (timed)
            assert_true(latch_wait_until(&p.ready, clock_mono_ms() + 10000));
        else
            latch_wait(&p.ready);
        assert_int_equal(p.value, 7);
        assert_int_equal(pthread_join(thread, NULL), 0);
    }
}

static void the_wait_ends_at_its_moment(UNUSED void **state) {
    latch l = { 0 };
    int64_t start = clock_mono_ms();
    assert_false(latch_wait_until(&l, start + 50));
    assert_in_range(clock_mono_ms() - start, 50, 5000);
    assert_false(latch_wait_until(&l, start));
    latch_open(&l);
    assert_true(latch_wait_until(&l, start));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_latch_does_not_wait),
        cmocka_unit_test(what_was_written_before_is_seen_after),
        cmocka_unit_test(the_wait_ends_at_its_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

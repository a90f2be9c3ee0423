/* The queue in front of the workers: order, end, and how many workers are woken. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "rpc/queue.h"

enum { WORKERS = 8, JOBS = 200, PATIENCE_MS = 20000 };

static arena *mem;
static queue *waiting;
static pthread_t threads[WORKERS];
static atomic_int begun;
static atomic_int ended;
static atomic_bool held; /* jobs that were begun do not end */
static int64_t job_ms;   /* what the workers say that a job took */

static void sleep_ms(int64_t ms) {
    nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

static void *work(UNUSED void *data) {
    for (job *j = queue_take(waiting), *next; j; j = next) {
        atomic_fetch_add(&begun, 1);
        while (atomic_load(&held))
            sleep_ms(1);
        atomic_fetch_add(&ended, 1);
        next = queue_next(waiting, job_ms);
        if (!next)
            next = queue_take(waiting);
    }
    return NULL;
}

static int set_up(UNUSED void **state) {
    mem = arena_new(1 << 20);
    waiting = queue_new(mem, WORKERS);
    atomic_store(&begun, 0);
    atomic_store(&ended, 0);
    atomic_store(&held, false);
    return 0;
}

static int tear_down(UNUSED void **state) {
    queue_free(waiting);
    arena_free(mem);
    return 0;
}

static void start(int64_t ms) {
    job_ms = ms;
    for (int i = 0; i < WORKERS; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    sleep_ms(50); /* all wait now */
}

static void stop(void) {
    queue_close(waiting);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
}

static job *put(int n) {
    job *jobs = arena_array(mem, (size_t) n, sizeof(*jobs));
    for (int i = 0; i < n; i++) {
        jobs[i].queued_ms = clock_mono_ms();
        jobs[i].node.next = i + 1 < n ? &jobs[i + 1].node : NULL;
    }
    queue_put(waiting, &jobs[0].node);
    return jobs;
}

/* Puts a job for each worker and waits until all have begun; `is_watched`: as the server does while jobs wait. */
static void assert_all_begin(bool is_watched) {
    int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
    atomic_store(&begun, 0);
    atomic_store(&held, true);
    put(WORKERS);
    while (atomic_load(&begun) < WORKERS && clock_mono_ms() < until_ms) {
        if (is_watched)
            queue_watch(waiting, clock_mono_ms());
        sleep_ms(1);
    }
    assert_int_equal(atomic_load(&begun), WORKERS);
    atomic_store(&held, false);
}

static void in_order(UNUSED void **state) {
    job *first = put(2);
    job *second = put(1);
    assert_ptr_equal(queue_take(waiting), &first[0]);
    assert_ptr_equal(queue_take(waiting), &first[1]);
    assert_ptr_equal(queue_take(waiting), &second[0]);
    queue_close(waiting);
    assert_null(queue_take(waiting));
}

static void closing_lets_the_rest_finish(UNUSED void **state) {
    put(3);
    queue_close(waiting);
    for (int i = 0; i < 3; i++)
        assert_non_null(queue_take(waiting));
    assert_null(queue_take(waiting));
}

/* Two workers are at hand for quick jobs; when these two are stuck, the others must not sleep on. */
static void stuck_workers_are_noticed(UNUSED void **state) {
    start(400);
    assert_all_begin(true);
    stop();
}

static void slow_jobs_wake_everybody_without_being_watched(UNUSED void **state) {
    start(400);
    assert_all_begin(true);
    while (atomic_load(&ended) < WORKERS)
        sleep_ms(5);
    assert_all_begin(false);
    stop();
}

static void every_job_is_done_once(UNUSED void **state) {
    start(0);
    for (int i = 0; i < JOBS; i++)
        put(1 + i % 7);
    stop();
    int total = 0;
    for (int i = 0; i < JOBS; i++)
        total += 1 + i % 7;
    assert_int_equal(atomic_load(&ended), total);
}

/* What a worker has done must not be kept back while it works on something slow. */
static void slow_jobs_are_told_of_one_by_one(UNUSED void **state) {
    job *jobs = put(3);
    assert_ptr_equal(queue_next(waiting, 0), &jobs[0]);
    assert_int_equal(queue_watch(waiting, jobs[0].queued_ms), 3); /* a third job could take its time */
    assert_null(queue_next(waiting, 400));
    assert_ptr_equal(queue_take(waiting), &jobs[1]);
    assert_ptr_equal(queue_take(waiting), &jobs[2]);
    assert_int_equal(queue_watch(waiting, jobs[0].queued_ms), -1);
}

/* Stuck is a queue of which nothing was taken, not one whose jobs have waited long. */
static void long_queues_that_move_are_not_stuck(UNUSED void **state) {
    job *jobs = put(4);
    int64_t late_ms = jobs[0].queued_ms + 100;
    assert_ptr_equal(queue_next(waiting, 0), &jobs[0]);
    queue_watch(waiting, late_ms);
    assert_ptr_equal(queue_next(waiting, 0), &jobs[1]);
    queue_watch(waiting, late_ms + 10);
    queue_watch(waiting, late_ms + 12);
    assert_ptr_equal(queue_next(waiting, 0), &jobs[2]);
    queue_watch(waiting, late_ms + 20);
    queue_watch(waiting, late_ms + 23);
    assert_null(queue_next(waiting, 0)); /* jobs are taken for slow now */
    assert_ptr_equal(queue_take(waiting), &jobs[3]);
}

static void nothing_at_hand(UNUSED void **state) {
    assert_null(queue_next(waiting, 0));
}

static void nothing_to_watch(UNUSED void **state) {
    assert_int_equal(queue_watch(waiting, 0), -1);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(in_order),
        TEST(closing_lets_the_rest_finish),
        TEST(stuck_workers_are_noticed),
        TEST(slow_jobs_wake_everybody_without_being_watched),
        TEST(every_job_is_done_once),
        TEST(slow_jobs_are_told_of_one_by_one),
        TEST(long_queues_that_move_are_not_stuck),
        TEST(nothing_at_hand),
        TEST(nothing_to_watch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

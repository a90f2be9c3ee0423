/* The jobs of a server: they come back, run out, and are found by nobody but whose they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rpc/jobs.h"

enum { JOBS = 8 };

static arena *mem;
static jobs all;

static int set_up(UNUSED void **state) {
    mem = arena_new(1 << 20);
    all = (jobs){ .spare = NULL };
    jobs_init(&all, mem, JOBS, 0);
    return 0;
}

static int tear_down(UNUSED void **state) {
    arena_free(mem);
    return 0;
}

/* A frame as it comes from a connection; a longer name than libzmq keeps inside the message, too. */
static job *take(const char *name, const char *caller, uint64_t call_id) {
    job *j = jobs_take(&all);
    zmq_msg_init_size(&j->route, strlen(name));
    memcpy(zmq_msg_data(&j->route), name, strlen(name));
    memcpy(j->caller, caller, strlen(caller));
    j->open.call_id = call_id;
    return j;
}

static job *enter(const char *name, const char *caller, uint64_t call_id) {
    job *j = take(name, caller, call_id);
    jobs_enter(&all, j);
    return j;
}

static job *find(const char *name, const char *caller, uint64_t call_id) {
    job *j = take(name, caller, call_id);
    job *found = jobs_find(&all, j);
    jobs_release(&all, j);
    return found;
}

static void a_call_is_found_by_whose_it_is(UNUSED void **state) {
    job *j = enter("route", "front", 1);
    assert_ptr_equal(find("route", "front", 1), j);
    assert_null(find("route", "front", 3));
    assert_null(find("route", "other", 1));
    assert_null(find("routf", "front", 1));
    assert_null(find("rout", "front", 1));
    assert_null(find("", "front", 1));
    zmq_msg_close(&j->route); /* as it is when the reply was sent */
    zmq_msg_init(&j->route);
    jobs_release(&all, j);
    assert_null(find("route", "front", 1));
}

/* More calls than buckets could keep apart, released in another order than they came. */
static void each_of_many_is_found(UNUSED void **state) {
    enum { MANY = JOBS - 1 };
    static const int order[MANY] = { 3, 0, 6, 2, 5, 1, 4 };
    static const char name[] = "a name that is longer than thirty-three bytes";
    job *j[MANY];
    for (int i = 0; i < MANY; i++)
        j[i] = enter(name, "front", (uint64_t) i * JOBS);
    for (int k = 0; k < MANY; k++) {
        for (int i = k; i < MANY; i++)
            assert_ptr_equal(find(name, "front", (uint64_t) order[i] * JOBS), j[order[i]]);
        jobs_release(&all, j[order[k]]);
        assert_null(find(name, "front", (uint64_t) order[k] * JOBS));
    }
    assert_int_equal(all.calls, 0);
}

static void a_job_that_comes_back_is_empty(UNUSED void **state) {
    job *j = enter("route", "front", 1);
    atomic_store(&j->cancelled, true);
    jobs_release(&all, j);
    assert_ptr_equal(jobs_take(&all), j);
    assert_false(atomic_load(&j->cancelled));
    assert_null(j->bucket);
    assert_string_equal(j->caller, "");
    jobs_release(&all, j);
}

static void one_more_than_there_are_is_refused(UNUSED void **state) {
    job *j[JOBS];
    for (int i = 0; i < JOBS; i++) {
        j[i] = jobs_take(&all);
        assert_int_equal(j[i]->refusal, JOB_ACCEPTED);
    }
    job *more = jobs_take(&all);
    assert_int_equal(more->refusal, JOB_QUEUE_FULL);
    assert_int_equal(all.calls, JOBS);
    jobs_release(&all, more);
    jobs_release(&all, j[0]);
    assert_int_equal(jobs_take(&all)->refusal, JOB_ACCEPTED);
    for (int i = 0; i < JOBS; i++)
        jobs_release(&all, j[i]);
    assert_int_equal(all.calls, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_call_is_found_by_whose_it_is),
        TEST(each_of_many_is_found),
        TEST(a_job_that_comes_back_is_empty),
        TEST(one_more_than_there_are_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

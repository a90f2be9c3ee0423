/* The streams of a server between their steps: whose turn it is, what they wait for, what credit they have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rpc/streams.h"

enum { JOBS = 8, ITEM = FRAME_ITEM_MAX };

static streams all;
static routes callers;
static job jobs_of_all[JOBS];

static route *add_caller(uint32_t messages) {
    route *caller = &callers.row[callers.top++];
    *caller = (route){ .state = ROUTE_HERE, .credit = { messages, messages * ITEM }, .line_last = &caller->line };
    return caller;
}

static int set_up(UNUSED void **state) {
    all = (streams){ .ring = NULL };
    memset(&callers, 0, sizeof(callers));
    memset(jobs_of_all, 0, sizeof(jobs_of_all));
    for (int i = 0; i < JOBS; i++)
        zmq_msg_init(&jobs_of_all[i].reply);
    streams_init(&all, 12); /* three steps at a time */
    return 0;
}

static int tear_down(UNUSED void **state) {
    for (int i = 0; i < JOBS; i++)
        zmq_msg_close(&jobs_of_all[i].reply);
    return 0;
}

static job *enter(int i, route *caller, uint32_t messages) {
    job *j = &jobs_of_all[i];
    j->stream.caller = caller;
    j->stream.credit = (credit){ messages, messages * ITEM };
    streams_enter(&all, j);
    return j;
}

static job *next(void) {
    return streams_next(&all, &callers);
}

/* The step of this stream ends so, having sent a message of this size. */
static void end_step(job *j, rpc_step step, size_t size) {
    zmq_msg_close(&j->reply);
    if (step == RPC_STEP_SEND)
        zmq_msg_init_size(&j->reply, FRAME_HEADER_SIZE + size);
    else
        zmq_msg_init(&j->reply);
    j->stream.step = step;
    streams_settle(&all, j);
    streams_place(&all, j);
}

static void assert_credit(credit left, uint32_t messages, uint32_t bytes) {
    assert_int_equal(left.messages, messages);
    assert_int_equal(left.bytes, bytes);
}

static void a_message_costs_what_it_is(UNUSED void **state) {
    route *caller = add_caller(5);
    job *j = enter(0, caller, 2);
    assert_ptr_equal(next(), j);
    assert_credit(caller->credit, 4, 4 * ITEM);
    assert_credit(j->stream.credit, 1, ITEM);
    end_step(j, RPC_STEP_SEND, 100);
    assert_credit(caller->credit, 4, 5 * ITEM - 100);
    assert_credit(j->stream.credit, 1, 2 * ITEM - 100);
    assert_ptr_equal(next(), j);
    end_step(j, RPC_STEP_WAIT, 0);
    assert_credit(caller->credit, 4, 5 * ITEM - 100);
    assert_credit(j->stream.credit, 1, 2 * ITEM - 100);
    assert_int_equal(all.sent, 1);
}

static void callers_take_turns(UNUSED void **state) {
    route *a = add_caller(10), *b = add_caller(10);
    job *a1 = enter(0, a, 9), *a2 = enter(1, a, 9), *b1 = enter(2, b, 9);
    job *first = next(), *second = next(), *third = next();
    assert_true(first->stream.caller != second->stream.caller);
    assert_true(third == a2 || third == a1);
    assert_true(first == b1 || second == b1);
    assert_null(next());
}

static void no_more_steps_than_its_share(UNUSED void **state) {
    route *caller = add_caller(10);
    for (int i = 0; i < 4; i++)
        enter(i, caller, 9);
    for (int i = 0; i < 3; i++)
        assert_ptr_equal(next(), &jobs_of_all[i]);
    assert_null(next());
    end_step(&jobs_of_all[0], RPC_STEP_SEND, 1);
    assert_ptr_equal(next(), &jobs_of_all[3]);
    assert_null(next());
    end_step(&jobs_of_all[1], RPC_STEP_WAIT, 0);
    assert_ptr_equal(next(), &jobs_of_all[0]);
}

static void it_stalls_until_there_is_credit(UNUSED void **state) {
    route *caller = add_caller(10);
    job *j = enter(0, caller, 1);
    assert_ptr_equal(next(), j);
    end_step(j, RPC_STEP_SEND, 10);
    assert_int_equal(j->stream.state, STREAM_STALLS);
    assert_null(next());
    assert_true(streams_grant(&all, j, (credit){ 1, 9 })); /* not for a message of any size */
    assert_null(next());
    assert_true(streams_grant(&all, j, (credit){ 0, 1 }));
    assert_ptr_equal(next(), j);
    assert_false(streams_grant(&all, j, (credit){ CREDIT_MESSAGES_MAX + 1, 0 }));
}

static void a_caller_without_credit_is_passed_over(UNUSED void **state) {
    route *a = add_caller(0), *b = add_caller(1);
    job *j = enter(0, a, 9), *other = enter(1, b, 9);
    assert_ptr_equal(next(), other);
    assert_null(next());
    assert_true(credit_grant(&a->credit, (credit){ 1, ITEM }));
    assert_ptr_equal(next(), j);
}

static void wake(int64_t now_ms) {
    atomic_store(&all.woken, true);
    streams_look(&all, now_ms);
}

static void a_wake_up_is_never_lost(UNUSED void **state) {
    route *caller = add_caller(10);
    job *j = enter(0, caller, 9);
    assert_ptr_equal(next(), j);
    end_step(j, RPC_STEP_WAIT, 0);
    streams_look(&all, 100);
    assert_null(next()); /* nobody asked */
    wake(200);
    assert_ptr_equal(next(), j);
    wake(300); /* while it is at work */
    end_step(j, RPC_STEP_WAIT, 0);
    assert_ptr_equal(next(), j);
    end_step(j, RPC_STEP_WAIT, 0);
    assert_null(next());
    streams_look(&all, 20000); /* it is time */
    assert_ptr_equal(next(), j);
}

/* From the front, the middle and the end of a line, and when it waits. */
static void it_leaves_from_anywhere(UNUSED void **state) {
    static const int orders[][3] = { { 0, 1, 2 }, { 1, 0, 2 }, { 2, 1, 0 }, { 2, 0, 1 } };
    route *caller = add_caller(10);
    for (size_t k = 0; k < countof(orders); k++) {
        for (int i = 0; i < 3; i++)
            enter(i, caller, 9);
        streams_leave(&all, &jobs_of_all[orders[k][0]]);
        enter(3, caller, 9);
        streams_leave(&all, &jobs_of_all[orders[k][1]]);
        job *j = next();
        assert_ptr_equal(j, &jobs_of_all[orders[k][2]]);
        end_step(j, RPC_STEP_WAIT, 0);
        streams_leave(&all, j);
        assert_ptr_equal(all.ring, &jobs_of_all[3]);
        streams_leave(&all, &jobs_of_all[3]);
        assert_null(all.ring);
        assert_null(caller->line);
        assert_null(next());
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_message_costs_what_it_is),
        TEST(callers_take_turns),
        TEST(no_more_steps_than_its_share),
        TEST(it_stalls_until_there_is_credit),
        TEST(a_caller_without_credit_is_passed_over),
        TEST(a_wake_up_is_never_lost),
        TEST(it_leaves_from_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

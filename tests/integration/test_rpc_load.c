/* Many calls at once, full queues, and the end of a server or a client with calls under way. */
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "echo.h"

static echo_site site;
static rpc_client *gateway;

static int set_up(UNUSED void **state) {
    echo_site_init(&site);
    echo_start(&site, NULL, 2, 0);
    gateway = echo_client(&site, ECHO_GATEWAY, true);
    return 0;
}

static int tear_down(UNUSED void **state) {
    rpc_client_close(gateway);
    echo_site_done(&site);
    return 0;
}

/* Another server, and a client that knows only it: an old client might not have seen the first one go. */
static void restart(int workers, int queue_max) {
    rpc_client_close(gateway);
    echo_stop(&site);
    echo_start(&site, NULL, workers, queue_max);
    gateway = echo_client(&site, ECHO_GATEWAY, true);
    assert_true(echo_wait_ready(gateway, true));
}

static void *many_calls(void *data) {
    int *good = data;
    for (int i = 0; i < 100; i++) {
        bh_call *c = echo_person(7, 0, 20000);
        Bh__Test__EchoResponse *response;
        const char *text = arena_printf(c->mem, "%p %d", data, i);
        if (!echo_text(gateway, c, text, &response) && strcmp(response->text, text) == 0)
            ++*good;
        call_free(c);
    }
    return NULL;
}

static void many_threads(UNUSED void **state) {
    pthread_t threads[8];
    int good[8] = { 0 };
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, many_calls, &good[i]);
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(good[i], 100);
    }
}

static int64_t echo_ms(void) {
    bh_call *c = echo_person(7, 0, 20000);
    Bh__Test__EchoResponse *response;
    int64_t began_ms = clock_mono_ms();
    assert_null(echo_text(gateway, c, "x", &response));
    call_free(c);
    return clock_mono_ms() - began_ms;
}

/* Both sides sleep between two calls; one that is not woken would sleep on for half a second. A machine that does so
 * gets more rounds. */
static void wake_ups_are_not_lost(UNUSED void **state) {
    enum { ROUNDS = 10, CALLS = 1000, SLOW_MS = 450 };
    int slow = 1;
    for (int round = 0; round < ROUNDS && slow; round++) {
        slow = 0;
        for (int i = 0; i < CALLS && !slow; i++)
            slow = echo_ms() >= SLOW_MS;
    }
    assert_int_equal(slow, 0);
}

/* More calls than fit in flight (1024) and in the server's queue: each is answered, some with QUEUE_FULL. */
static void flood(UNUSED void **state) {
    enum { CALLS = 1800 };
    static echo_call calls[CALLS];
    int refused = 0;
    assert_true(echo_wait_ready(gateway, true));
    for (int i = 0; i < CALLS; i++)
        echo_call_start(gateway, &calls[i], ECHO_SLEEP, "\x08\x02", 2, 30000);
    for (int i = 0; i < CALLS; i++) {
        bh_err *err = echo_call_wait(&calls[i]);
        refused += err != NULL;
        assert_true(!err || strcmp(err->reason, "QUEUE_FULL") == 0);
        echo_call_done(&calls[i]);
    }
    assert_int_equal(echo_begun() + refused, CALLS);
}

/* One at work, two in the queue; the other three are refused before the first has ended. */
static void queue_full_is_said_at_once(UNUSED void **state) {
    echo_call calls[6];
    restart(1, 2);
    for (int i = 0; i < 6; i++)
        echo_call_hold(gateway, &calls[i], 20000);
    for (int i = 5; i >= 3; i--)
        assert_string_equal(echo_call_wait(&calls[i])->reason, "QUEUE_FULL");
    assert_false(echo_call_has_ended(&calls[0]));
    echo_release();
    for (int i = 0; i < 3; i++)
        assert_null(echo_call_wait(&calls[i]));
    for (int i = 0; i < 6; i++)
        echo_call_done(&calls[i]);
}

static void stopping_finishes_what_was_begun(UNUSED void **state) {
    echo_call raw;
    echo_call_start(gateway, &raw, ECHO_SLEEP, "\x08\xac\x02", 3, 20000); /* 300 ms */
    echo_wait_begun(1);
    echo_stop(&site);
    assert_null(echo_call_wait(&raw));
    echo_call_done(&raw);
}

static atomic_bool gone;

static void keep_late(void *data, rpc_result *result) {
    static atomic_bool held;
    if (!atomic_exchange(&held, true))
        for (int i = 0; i < 1000 && !atomic_load(&gone); i++)
            echo_sleep(10);
    echo_call_keep(data, result);
}

/* The server answers and is gone before the client looks: more answers wait than are read in one turn. */
static void answers_before_the_end_count(UNUSED void **state) {
    enum { CALLS = 200 };
    static echo_call calls[CALLS];
    restart(CALLS, 0);
    for (int i = 0; i < CALLS; i++)
        echo_call_start_with(gateway, &calls[i], keep_late, ECHO_SLEEP, ECHO_HELD, ECHO_HELD_SIZE, 20000);
    echo_wait_begun(CALLS);
    echo_release();
    echo_stop(&site);
    atomic_store(&gone, true);
    for (int i = 0; i < CALLS; i++) {
        assert_null(echo_call_wait(&calls[i]));
        echo_call_done(&calls[i]);
    }
}

/* Closing a client answers whoever still waits. */
static void closing_the_client_ends_calls(UNUSED void **state) {
    echo_call raw;
    echo_call_hold(gateway, &raw, 20000);
    echo_wait_begun(1);
    rpc_client_close(gateway);
    echo_release();
    bh_err *err = echo_call_wait(&raw);
    assert_non_null(err);
    assert_string_equal(err->reason, "SHUTTING_DOWN");
    echo_call_done(&raw);
    gateway = NULL;
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(many_threads),
        TEST(wake_ups_are_not_lost),
        TEST(flood),
        TEST(queue_full_is_said_at_once),
        TEST(stopping_finishes_what_was_begun),
        TEST(answers_before_the_end_count),
        TEST(closing_the_client_ends_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

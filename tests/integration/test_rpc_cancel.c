/* Calls that are given up: by whom, when, and what the server makes of it. */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "bihuan/rpc/v1/envelope.pb-c.h"
#include "raw.h"

enum { LONG_MS = 60000, WORKERS = 2 };

static echo_site site;
static rpc_client *gateway;

static int set_up(UNUSED void **state) {
    echo_site_init(&site);
    raw_open(&site);
    return 0;
}

static int tear_down(UNUSED void **state) {
    rpc_client_close(gateway);
    gateway = NULL;
    raw_close();
    echo_site_done(&site);
    return 0;
}

static void serve(void) {
    echo_start(&site, NULL, WORKERS, 0);
    gateway = echo_client(&site, ECHO_GATEWAY, true);
}

static void linger(echo_call *ec, int64_t timeout_ms) {
    echo_call_start(gateway, ec, ECHO_LINGER, "", 0, timeout_ms);
}

static void assert_ends(echo_call *ec, const char *reason) {
    bh_err *err = echo_call_wait(ec);
    assert_string_equal(err ? err->reason : "", reason);
    echo_call_done(ec);
}

static void assert_answers(void) {
    bh_call *c = echo_person(7, 0, 20000);
    Bh__Test__EchoResponse *response;
    assert_null(echo_text(gateway, c, "x", &response));
    call_free(c);
}

/* Until nothing waits nor works at the server any more. */
static void wait_until_idle(void) {
    for (bool is_idle = false; !is_idle; echo_sleep(1)) {
        arena *mem = arena_new(1 << 20);
        buf out;
        buf_init(&out, mem);
        rpc_server_metrics(site.server, &out);
        is_idle = strstr(out.s, "bihuan_rpc_calls_open 0\n") != NULL;
        arena_free(mem);
    }
}

/* --- the client --- */

static void a_call_at_work_ends_here_and_there(UNUSED void **state) {
    echo_call ec;
    serve();
    linger(&ec, LONG_MS);
    echo_wait_begun(1);
    rpc_cancel(gateway, ec.handle);
    assert_ends(&ec, "CALL_CANCELLED");
    echo_wait_lingered(1);
    wait_until_idle();
    assert_answers();
}

static void a_call_that_was_not_sent_ends_too(UNUSED void **state) {
    echo_call ec;
    site.endpoint = echo_free_endpoint(&site);
    echo_peers(&site, &site.endpoint, 1);
    gateway = echo_client(&site, ECHO_GATEWAY, true);
    linger(&ec, LONG_MS);
    rpc_cancel(gateway, ec.handle);
    assert_ends(&ec, "CALL_CANCELLED");
}

static void after_the_answer_it_makes_no_difference(UNUSED void **state) {
    echo_call ec;
    serve();
    echo_call_start(gateway, &ec, "/bihuan.test.v1.EchoService/Grow", "\x08\x03", 2, LONG_MS);
    assert_null(echo_call_wait(&ec));
    rpc_cancel(gateway, ec.handle);
    rpc_cancel(gateway, ec.handle);
    assert_answers();
    size_t size;
    rpc_result_payload(ec.result, &size);
    assert_int_equal(size, 5);
    echo_call_done(&ec);
}

static void it_may_be_asked_for_twice(UNUSED void **state) {
    echo_call ec;
    serve();
    linger(&ec, LONG_MS);
    rpc_cancel(gateway, ec.handle);
    rpc_cancel(gateway, ec.handle);
    assert_ends(&ec, "CALL_CANCELLED");
}

/* The answer to the first comes when its place is taken by the second. */
static void a_late_answer_is_dropped(UNUSED void **state) {
    echo_call first, second;
    serve();
    echo_call_hold(gateway, &first, LONG_MS);
    echo_wait_begun(1);
    rpc_cancel(gateway, first.handle);
    assert_ends(&first, "CALL_CANCELLED");
    linger(&second, LONG_MS);
    echo_wait_begun(2);
    echo_release();
    assert_answers();
    assert_false(echo_call_has_ended(&second));
    rpc_cancel(gateway, second.handle);
    assert_ends(&second, "CALL_CANCELLED");
}

/* A client that is closed takes with it what it was still to be told. */
static void the_client_may_be_closed_next(UNUSED void **state) {
    echo_call ec;
    serve();
    linger(&ec, LONG_MS);
    rpc_cancel(gateway, ec.handle);
    echo_call_wait(&ec);
    rpc_cancel(gateway, ec.handle);
    echo_call_done(&ec);
}

/* Whoever gives up says so once, and the same when the deadline does it for him. */
static void the_server_is_told_once(UNUSED void **state) {
    raw_request opened, cancelled;
    echo_call given_up, expired;
    void *router = raw_listen();
    gateway = echo_client(&site, ECHO_GATEWAY, true);
    linger(&given_up, LONG_MS);
    assert_true(raw_take(router, LONG_MS, &opened));
    rpc_cancel(gateway, given_up.handle);
    assert_ends(&given_up, "CALL_CANCELLED");
    assert_true(raw_take(router, LONG_MS, &cancelled));
    assert_int_equal(cancelled.frame.kind, FRAME_CANCEL);
    assert_true(cancelled.frame.call_id == opened.frame.call_id);
    raw_request_done(&opened);
    raw_request_done(&cancelled);
    linger(&expired, 500);
    assert_true(raw_take(router, LONG_MS, &opened));
    assert_int_equal(opened.frame.kind, FRAME_OPEN);
    assert_ends(&expired, "DEADLINE_EXPIRED");
    assert_true(raw_take(router, LONG_MS, &cancelled));
    assert_int_equal(cancelled.frame.kind, FRAME_CANCEL);
    assert_true(cancelled.frame.call_id == opened.frame.call_id);
    raw_request_done(&opened);
    raw_request_done(&cancelled);
}

/* --- the server --- */

static void greet(void *socket) {
    zmq_msg_t message;
    assert_true(raw_send_bare(socket, FRAME_HELLO));
    assert_int_equal(raw_receive(socket, &message).kind, FRAME_HELLO);
    zmq_msg_close(&message);
}

/* Whatever the socket sent before has been dealt with. */
static void ping(void *socket) {
    zmq_msg_t message;
    assert_true(raw_send_bare(socket, FRAME_PING));
    assert_int_equal(raw_receive(socket, &message).kind, FRAME_PONG);
    zmq_msg_close(&message);
}

static void open_linger(void *socket, uint64_t call_id) {
    uint8_t bytes[128];
    Bh__Rpc__CallMeta meta = BH__RPC__CALL_META__INIT;
    meta.method = (char[]){ ECHO_LINGER };
    size_t n = bh__rpc__call_meta__pack(&meta, bytes);
    raw_open_call(socket, call_id, bytes, n, "", 0);
}

/* The next END; the server looks now and then whether a client is still there. */
static frame next_end(void *socket) {
    frame end = { .kind = FRAME_PONG };
    while (end.kind == FRAME_PONG) {
        zmq_msg_t message;
        end = raw_receive(socket, &message);
        zmq_msg_close(&message);
    }
    assert_int_equal(end.kind, FRAME_END);
    return end;
}

/* Whatever the socket sent before has been dealt with: so has this call, which nobody knows. */
static void call_nothing(void *socket) {
    raw_open_call(socket, 1001, "", 0, "", 0);
    assert_true(next_end(socket).call_id == 1001);
}

/* Neither another connection of the same key nor another key gives up what is not its own. */
static void nobody_gives_up_the_call_of_another(UNUSED void **state) {
    static const enum echo_key keys[] = { ECHO_GATEWAY, ECHO_SERVICE, ECHO_TOOL };
    serve();
    void *own = raw_connect(ECHO_GATEWAY);
    greet(own);
    open_linger(own, 77);
    echo_wait_begun(1);
    for (size_t i = 0; i < countof(keys); i++) {
        void *other = raw_connect(keys[i]);
        greet(other);
        raw_send_about(other, FRAME_CANCEL, 77);
        call_nothing(other);
    }
    raw_send_about(own, FRAME_CANCEL, 79);
    raw_send_about(own, FRAME_CANCEL, 0);
    call_nothing(own);
    echo_sleep(100);
    assert_int_equal(echo_lingered(), 0);
    raw_send_about(own, FRAME_CANCEL, 77);
    frame end = next_end(own);
    assert_true(end.call_id == 77);
    assert_int_equal(end.status, BH_CANCELLED);
    assert_int_equal(end.flags, FRAME_END_STREAM);
    raw_send_about(own, FRAME_CANCEL, 77);
    call_nothing(own);
}

/* Both workers are held; when the server has heard that nobody waits for the third call, they are let go. */
static void a_call_in_the_queue_is_never_begun(UNUSED void **state) {
    echo_call holders[WORKERS];
    serve();
    for (int i = 0; i < WORKERS; i++)
        echo_call_hold(gateway, &holders[i], LONG_MS);
    echo_wait_begun(WORKERS);
    void *own = raw_connect(ECHO_GATEWAY);
    greet(own);
    open_linger(own, 1);
    raw_send_about(own, FRAME_CANCEL, 1);
    ping(own);
    echo_release();
    raw_assert_refused(own, 1, BH_CANCELLED, "CALL_CANCELLED");
    assert_int_equal(echo_begun(), WORKERS);
    for (int i = 0; i < WORKERS; i++)
        assert_ends(&holders[i], "");
}

/* They are read in one go: the call waits for a worker when it is given up. */
static void opened_and_given_up_in_one_breath(UNUSED void **state) {
    enum { CALLS = 100 };
    serve();
    void *own = raw_connect(ECHO_GATEWAY);
    greet(own);
    for (uint64_t id = 1; id < 2 * CALLS; id += 2) {
        open_linger(own, id);
        raw_send_about(own, FRAME_CANCEL, id);
    }
    for (int i = 0; i < CALLS; i++) {
        assert_int_equal(next_end(own).status, BH_CANCELLED);
    }
    wait_until_idle();
}

/* --- storms --- */

enum { STORM_THREADS = 4, STORM_CALLS = 500 };

/* Calls of every kind of length, given up by lot before, while and after they are answered. */
static void *storm(void *data) {
    atomic_int *ended = data;
    for (int i = 0; i < STORM_CALLS; i++) {
        echo_call ec;
        uint8_t lot;
        random_bytes(&lot, sizeof(lot));
        echo_call_start(gateway, &ec, lot % 2 ? ECHO_LINGER : "/bihuan.test.v1.EchoService/Grow", "", 0, LONG_MS);
        if (lot % 8 < 4)
            sched_yield();
        if (lot % 8 >= 6)
            echo_sleep(1);
        rpc_cancel(gateway, ec.handle);
        bh_err *err = echo_call_wait(&ec);
        bool may_be = err ? strcmp(err->reason, "CALL_CANCELLED") == 0 || strcmp(err->reason, "OUTCOME_UNKNOWN") == 0
                          : lot % 2 == 0;
        atomic_fetch_add(ended, may_be);
        echo_call_done(&ec);
    }
    return NULL;
}

static int storm_from_all(void) {
    atomic_int ended = 0;
    pthread_t threads[STORM_THREADS];
    for (int i = 0; i < STORM_THREADS; i++)
        pthread_create(&threads[i], NULL, storm, &ended);
    for (int i = 0; i < STORM_THREADS; i++)
        pthread_join(threads[i], NULL);
    return ended;
}

static void a_storm_leaves_nothing_behind(UNUSED void **state) {
    serve();
    assert_int_equal(storm_from_all(), STORM_THREADS * STORM_CALLS);
    wait_until_idle();
    assert_answers();
}

/* The server is killed again and again meanwhile. */
static void *kill_and_start(void *data) {
    enum { KILLS = 5 };
    pid_t *pid = data;
    for (int i = 0; i < KILLS; i++) {
        echo_sleep(100);
        echo_kill(*pid);
        *pid = echo_spawn(&site);
    }
    return NULL;
}

static void every_call_ends_though_the_server_is_killed(UNUSED void **state) {
    pthread_t killer;
    pid_t pid = echo_spawn(&site);
    gateway = echo_client(&site, ECHO_GATEWAY, true);
    pthread_create(&killer, NULL, kill_and_start, &pid);
    assert_int_equal(storm_from_all(), STORM_THREADS * STORM_CALLS);
    pthread_join(killer, NULL);
    assert_true(echo_wait_ready(gateway, true));
    assert_answers();
    echo_kill(pid);
}

/* A server that is to stop need not wait for who has given up. */
static void a_server_that_leaves_hears_it_too(UNUSED void **state) {
    echo_call ec;
    serve();
    linger(&ec, LONG_MS);
    echo_wait_begun(1);
    rpc_server_stop(site.server);
    rpc_cancel(gateway, ec.handle);
    assert_ends(&ec, "CALL_CANCELLED");
    echo_stop(&site);
    assert_int_equal(echo_lingered(), 1);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_call_at_work_ends_here_and_there),  TEST(a_call_in_the_queue_is_never_begun),
        TEST(a_call_that_was_not_sent_ends_too),   TEST(after_the_answer_it_makes_no_difference),
        TEST(it_may_be_asked_for_twice),           TEST(a_late_answer_is_dropped),
        TEST(the_client_may_be_closed_next),       TEST(the_server_is_told_once),
        TEST(nobody_gives_up_the_call_of_another), TEST(opened_and_given_up_in_one_breath),
        TEST(a_storm_leaves_nothing_behind),       TEST(every_call_ends_though_the_server_is_killed),
        TEST(a_server_that_leaves_hears_it_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

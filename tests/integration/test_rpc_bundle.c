/* Several frames in one message: how a server takes them apart and answers, how a client sends them; looked at by
 * hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bihuan/rpc/v1/envelope.pb-c.h"
#include "raw.h"
#include "rpc/bundle.h"
#include "rpc/message.h"

enum { CALLS = 8, PATIENCE_MS = 20000 };

static echo_site site;

static int set_up(UNUSED void **state) {
    echo_site_init(&site);
    raw_open(&site);
    return 0;
}

static int tear_down(UNUSED void **state) {
    raw_close();
    echo_site_done(&site);
    return 0;
}

/* Sends the messages as one; `route` in front of it, unless that is NULL. */
static void send_together(void *socket, zmq_msg_t *route, zmq_msg_t *part, int n) {
    zmq_msg_t message;
    bundle all = { .n = 0 };
    for (int i = 0; i < n; i++)
        bundle_add(&all, &part[i], NULL, false);
    bundle_make(&all, &message);
    assert_true(!route || zmq_msg_send(route, socket, ZMQ_SNDMORE) >= 0);
    assert_true(zmq_msg_send(&message, socket, 0) >= 0);
    for (int i = 0; i < n; i++)
        zmq_msg_close(&part[i]);
}

/* --- the server --- */

/* One attempt is all that a raw socket makes: it begins when the server is at work. */
static void serve(int workers, int queue_max) {
    echo_start(&site, NULL, workers, queue_max);
    rpc_client *client = echo_client(&site, ECHO_GATEWAY, true);
    assert_true(echo_wait_ready(client, true));
    rpc_client_close(client);
}

static zmq_msg_t held_call(uint64_t call_id) {
    zmq_msg_t message;
    Bh__Rpc__CallMeta meta = BH__RPC__CALL_META__INIT;
    meta.method = (char *) ECHO_SLEEP;
    frame head = { .kind = FRAME_OPEN, .flags = FRAME_END_STREAM | FRAME_BUNDLES, .call_id = call_id };
    memcpy(message_init(&message, head, &meta.base, ECHO_HELD_SIZE), ECHO_HELD, ECHO_HELD_SIZE);
    return message;
}

static void *open_together(int n) {
    void *socket = raw_connect(ECHO_GATEWAY);
    zmq_msg_t part[CALLS];
    for (int i = 0; i < n; i++)
        part[i] = held_call((uint64_t) (2 * i + 1));
    send_together(socket, NULL, part, n);
    return socket;
}

/* So many answers, to calls that have none yet, in any number of messages. */
static void assert_answers(void *socket, int n, uint16_t status, bool answered[CALLS]) {
    frame end;
    const char *fault;
    while (n > 0) {
        zmq_msg_t message;
        raw_receive(socket, &message);
        for (bundle_reader reader = bundle_open(&message); bundle_next(&reader, &end, &fault); n--) {
            assert_null(fault);
            assert_int_equal(end.kind, FRAME_END);
            assert_int_equal(end.status, status);
            assert_true(end.call_id < 2 * CALLS && !answered[end.call_id / 2]);
            answered[end.call_id / 2] = true;
        }
        zmq_msg_close(&message);
    }
    assert_int_equal(n, 0);
}

static void each_call_is_answered(UNUSED void **state) {
    bool answered[CALLS] = { false };
    serve(2, CALLS);
    void *socket = open_together(CALLS);
    echo_release();
    assert_answers(socket, CALLS, BH_OK, answered);
}

/* Those that find no room are told so, each by itself. */
static void more_calls_than_room(UNUSED void **state) {
    bool answered[CALLS] = { false };
    serve(1, 1);
    void *socket = open_together(CALLS);
    assert_answers(socket, CALLS - 2, BH_UNAVAILABLE, answered);
    echo_release();
    assert_answers(socket, 2, BH_OK, answered);
}

static void what_is_behind_a_broken_frame_is_not_read(UNUSED void **state) {
    zmq_msg_t part[3], answer;
    serve(1, 1);
    void *socket = raw_connect(ECHO_GATEWAY);
    for (int i = 0; i < 3; i++)
        message_init(&part[i], (frame){ .kind = FRAME_PING }, NULL, 0);
    memset(zmq_msg_data(&part[1]), 'X', 1);
    send_together(socket, NULL, part, 3);
    assert_int_equal(raw_receive(socket, &answer).kind, FRAME_PONG);
    zmq_msg_close(&answer);
    raw_assert_refused(socket, 0, BH_INVALID_ARGUMENT, "BAD_MESSAGE");
    assert_true(raw_send_bare(socket, FRAME_HELLO));
    frame hello = raw_receive(socket, &answer);
    assert_int_equal(hello.kind, FRAME_HELLO);
    assert_int_equal(hello.flags, FRAME_BUNDLES);
    zmq_msg_close(&answer);
}

/* --- the client --- */

typedef struct start {
    rpc_client *client;
    echo_call first, rest[CALLS];
} start;

static start it;

/* In the client's thread, so that all of them leave in its next turn. */
static void start_rest(void *data, rpc_result *result) {
    for (int i = 0; i < CALLS; i++)
        echo_call_start(it.client, &it.rest[i], ECHO_SLEEP, "", 0, PATIENCE_MS);
    echo_call_keep(data, result);
}

static void *start_together(uint16_t greeting_flags) {
    raw_request request;
    void *router = raw_listen();
    raw_greeting_flags = greeting_flags;
    it.client = echo_client(&site, ECHO_GATEWAY, true);
    for (int i = 0; i < 1000 && !rpc_client_is_ready(it.client, "bihuan.test.v1.EchoService"); i++)
        assert_false(raw_take(router, 20, &request));
    echo_call_start_with(it.client, &it.first, start_rest, ECHO_SLEEP, "", 0, PATIENCE_MS);
    assert_true(raw_take(router, PATIENCE_MS, &request));
    raw_answer(router, &request, (frame){ .kind = FRAME_END, .call_id = request.frame.call_id });
    raw_request_done(&request);
    assert_null(echo_call_wait(&it.first));
    echo_call_done(&it.first);
    return router;
}

static void assert_end_well(void) {
    for (int i = 0; i < CALLS; i++) {
        assert_null(echo_call_wait(&it.rest[i]));
        echo_call_done(&it.rest[i]);
    }
    rpc_client_close(it.client);
}

static void calls_leave_and_end_together(UNUSED void **state) {
    raw_request request;
    zmq_msg_t part[CALLS];
    frame open;
    const char *fault;
    int n = 0;
    void *router = start_together(FRAME_BUNDLES);
    assert_true(raw_take(router, PATIENCE_MS, &request));
    for (bundle_reader reader = bundle_open(&request.message); bundle_next(&reader, &open, &fault); n++) {
        assert_true(!fault && n < CALLS);
        assert_int_equal(open.flags, FRAME_END_STREAM | FRAME_BUNDLES);
        message_init(&part[n], (frame){ .kind = FRAME_END, .call_id = open.call_id }, NULL, 0);
    }
    assert_int_equal(n, CALLS);
    send_together(router, &request.route, part, n);
    assert_end_well();
    raw_request_done(&request);
}

static void nothing_is_bundled_for_who_does_not_read_it(UNUSED void **state) {
    raw_request request;
    void *router = start_together(0);
    for (int i = 0; i < CALLS; i++) {
        assert_true(raw_take(router, PATIENCE_MS, &request));
        assert_int_equal(request.frame.kind, FRAME_OPEN);
        raw_answer(router, &request, (frame){ .kind = FRAME_END, .call_id = request.frame.call_id });
        raw_request_done(&request);
    }
    assert_end_well();
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(each_call_is_answered),
        TEST(more_calls_than_room),
        TEST(what_is_behind_a_broken_frame_is_not_read),
        TEST(calls_leave_and_end_together),
        TEST(nothing_is_bundled_for_who_does_not_read_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

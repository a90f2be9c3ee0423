/* Servers that leave: callers are told, nothing is lost, and what was refused before any work is sent again. */
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "bihuan/rpc/v1/envelope.pb-c.h"
#include "raw.h"
#include "rpc/message.h"
#include "rpc/routes.h"
#include "rpc/socket.h"

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

/* --- processes --- */

/* A supervisor stops and starts the server again and again; no caller notices. */
static void restarted_under_load(UNUSED void **state) {
    echo_load load;
    pid_t pid = echo_spawn(&site);
    rpc_client *client = echo_client(&site, ECHO_GATEWAY, true);
    echo_load_start(&load, client);
    for (int i = 0; i < 5; i++) {
        echo_load_wait(&load, 500);
        assert_int_equal(echo_term(pid), 0);
        pid = echo_spawn(&site);
    }
    echo_load_wait(&load, 500);
    echo_load_end(&load);
    assert_int_equal(atomic_load(&load.failed), 0);
    rpc_client_close(client);
    assert_int_equal(echo_term(pid), 0);
}

/* --- the server, looked at by hand --- */

static const char sleep_meta[] = "\x0a\x21/bihuan.test.v1.EchoService/Sleep";

/* The next frame that is no GOAWAY, which is said again and again. */
static frame receive_other(void *socket, zmq_msg_t *message) {
    frame received = raw_receive(socket, message);
    while (received.kind == FRAME_GOAWAY) {
        zmq_msg_close(message);
        received = raw_receive(socket, message);
    }
    return received;
}

static void assert_turned_away(void *socket, uint64_t call_id) {
    zmq_msg_t message;
    frame end = receive_other(socket, &message);
    assert_int_equal(end.kind, FRAME_END);
    assert_true(end.call_id == call_id);
    assert_int_equal(end.status, BH_UNAVAILABLE);
    assert_int_equal(end.flags, FRAME_END_STREAM | FRAME_NOT_PROCESSED);
    zmq_msg_close(&message);
}

static void assert_done(void *socket, uint64_t call_id) {
    zmq_msg_t message;
    frame end = receive_other(socket, &message);
    assert_int_equal(end.kind, FRAME_END);
    assert_true(end.call_id == call_id);
    assert_int_equal(end.status, BH_OK);
    zmq_msg_close(&message);
}

static void assert_kind(void *socket, frame_kind kind) {
    zmq_msg_t message;
    assert_int_equal(raw_receive(socket, &message).kind, kind);
    zmq_msg_close(&message);
}

/* This caller does not go, so the server waits its full time; what was begun is finished, what comes is refused. */
static void leaving_server_says_so(UNUSED void **state) {
    echo_start(&site, NULL, 1, 0);
    void *greeted = raw_connect(ECHO_GATEWAY);
    assert_true(raw_send_bare(greeted, FRAME_HELLO));
    assert_kind(greeted, FRAME_HELLO);
    raw_open_call(greeted, 1, sleep_meta, sizeof(sleep_meta) - 1, ECHO_HELD, ECHO_HELD_SIZE);
    echo_wait_begun(1);
    rpc_server_stop(site.server);
    assert_kind(greeted, FRAME_GOAWAY);
    raw_open_call(greeted, 3, sleep_meta, sizeof(sleep_meta) - 1, "", 0);
    assert_turned_away(greeted, 3);
    void *late = raw_connect(ECHO_GATEWAY);
    assert_true(raw_send_bare(late, FRAME_HELLO));
    assert_kind(late, FRAME_GOAWAY);
    echo_release();
    assert_done(greeted, 1);
    echo_stop(&site);
    assert_int_equal(echo_begun(), 1);
}

static void full_queue_is_not_processed(UNUSED void **state) {
    echo_start(&site, NULL, 1, 1);
    void *socket = raw_connect(ECHO_GATEWAY);
    for (uint64_t call_id = 1; call_id < 7; call_id += 2)
        raw_open_call(socket, call_id, sleep_meta, sizeof(sleep_meta) - 1, ECHO_HELD, ECHO_HELD_SIZE);
    assert_int_equal(raw_assert_refused(socket, 5, BH_UNAVAILABLE, "QUEUE_FULL"),
                     FRAME_END_STREAM | FRAME_NOT_PROCESSED);
    echo_release();
    assert_done(socket, 1);
    assert_done(socket, 3);
    /* An error of the work itself may have left traces. */
    static const char fail_meta[] = "\x0a\x20/bihuan.test.v1.EchoService/Fail";
    void *other = raw_connect(ECHO_GATEWAY);
    raw_open_call(other, 1, fail_meta, sizeof(fail_meta) - 1, "", 0);
    assert_int_equal(raw_assert_refused(other, 1, BH_ABORTED, "STALE_VERSION"), FRAME_END_STREAM);
}

/* Callers that came and went are forgotten; there is an end to how many are remembered. */
static void callers_are_remembered(UNUSED void **state) {
    static routes all;
    raw_request request, another;
    void *router = raw_listen();
    for (int i = 0; i < 60; i++) {
        void *watch;
        void *socket = socket_connect(raw_context, &site.keys[ECHO_GATEWAY], site.endpoint,
                                      site.keys[ECHO_SERVER].public_text, &watch);
        raw_open_call(socket, 1, "", 0, "", 0);
        assert_true(raw_take(router, 20000, &request));
        routes_add(&all, router, &request.route, (credit){ 0 });
        raw_request_done(&request);
        socket_disconnect(socket, watch);
        echo_sleep(20);
    }
    assert_in_range(all.here, 1, 30);
    assert_in_range(all.top, 1, 30);
    raw_open_call(raw_connect(ECHO_GATEWAY), 1, "", 0, "", 0);
    assert_true(raw_take(router, 20000, &request));
    for (int i = 0; i < 60; i++)
        routes_add(&all, router, &request.route, (credit){ 0 });
    assert_int_equal(all.here, 1);
    route here = *routes_find(&all, &request.route);
    all.top = all.here = ROUTES_MAX;
    for (int i = 0; i < ROUTES_MAX; i++)
        all.row[i] = here;
    raw_open_call(raw_connect(ECHO_GATEWAY), 1, "", 0, "", 0);
    assert_true(raw_take(router, 20000, &another));
    routes_add(&all, router, &another.route, (credit){ 0 });
    assert_null(routes_find(&all, &another.route));
    assert_int_equal(all.here, ROUTES_MAX);
    raw_request_done(&another);
    raw_request_done(&request);
}

/* --- the client, looked at by hand --- */

static void start(rpc_client *client, echo_call *ec, int64_t timeout_ms) {
    echo_call_start(client, ec, ECHO_SLEEP, "\x08\x01", 2, timeout_ms);
}

/* The next frame is an OPEN that says which attempt it is. */
static void take_open(void *router, int32_t attempt, raw_request *ret_request) {
    assert_true(raw_take(router, 20000, ret_request));
    const frame *open = &ret_request->frame;
    assert_int_equal(open->kind, FRAME_OPEN);
    Bh__Rpc__CallMeta *meta = bh__rpc__call_meta__unpack(NULL, open->meta_size, open->meta);
    assert_non_null(meta);
    assert_string_equal(meta->method, ECHO_SLEEP);
    assert_int_equal(meta->attempt, attempt);
    assert_int_equal(open->payload_size, 2);
    assert_memory_equal(open->payload, "\x08\x01", 2);
    bh__rpc__call_meta__free_unpacked(meta, NULL);
}

static frame end_of(const raw_request *request, uint16_t flags, bh_code code) {
    return (frame){ .kind = FRAME_END,
                    .flags = FRAME_END_STREAM | flags,
                    .status = (uint16_t) code,
                    .call_id = request->frame.call_id };
}

static void nothing_is_sent_to_a_leaving_server(UNUSED void **state) {
    echo_call before, after;
    raw_request none, first, second;
    void *router = raw_listen();
    rpc_client *client = echo_client(&site, ECHO_GATEWAY, true);
    start(client, &before, 20000);
    take_open(router, 0, &first);
    raw_answer(router, &first, (frame){ .kind = FRAME_GOAWAY });
    while (rpc_client_is_ready(client, "bihuan.test.v1.EchoService"))
        assert_false(raw_take(router, 10, &none));
    start(client, &after, 20000);
    assert_false(raw_take(router, 300, &none));
    raw_answer(router, &first, end_of(&first, 0, BH_OK));
    assert_null(echo_call_wait(&before));
    take_open(router, 0, &second);
    assert_memory_not_equal(zmq_msg_data(&first.route), zmq_msg_data(&second.route), ROUTE_SIZE);
    raw_answer(router, &second, end_of(&second, 0, BH_OK));
    assert_null(echo_call_wait(&after));
    rpc_client_close(client);
    raw_request_done(&first);
    raw_request_done(&second);
    echo_call_done(&before);
    echo_call_done(&after);
}

static void refused_call_is_sent_again(UNUSED void **state) {
    echo_call ec;
    raw_request attempts[2];
    void *router = raw_listen();
    rpc_client *client = echo_client(&site, ECHO_GATEWAY, true);
    start(client, &ec, 20000);
    for (int i = 0; i < 2; i++) {
        take_open(router, i, &attempts[i]);
        if (i == 0)
            raw_answer(router, &attempts[i], end_of(&attempts[i], FRAME_NOT_PROCESSED, BH_UNAVAILABLE));
    }
    assert_true(attempts[0].frame.call_id != attempts[1].frame.call_id);
    /* A late answer to the first attempt is nobody's. */
    raw_answer(router, &attempts[0], end_of(&attempts[0], 0, BH_OK));
    echo_sleep(100);
    assert_int_equal(sem_trywait(&ec.done), -1);
    raw_answer(router, &attempts[1], end_of(&attempts[1], 0, BH_ABORTED));
    assert_int_equal(echo_call_wait(&ec)->code, BH_ABORTED);
    rpc_client_close(client);
    for (int i = 0; i < 2; i++)
        raw_request_done(&attempts[i]);
    echo_call_done(&ec);
}

/* Refuses whatever comes until all calls have ended; how often that was. */
static int refuse_all(void *router, echo_call *calls, int n) {
    raw_request request;
    int refused = 0;
    for (int ended = 0; ended < n; ended += echo_call_has_ended(&calls[ended])) {
        if (!raw_take(router, 10, &request))
            continue;
        raw_answer(router, &request, end_of(&request, FRAME_NOT_PROCESSED, BH_UNAVAILABLE));
        raw_request_done(&request);
        refused++;
    }
    for (int i = 0; i < n; i++) {
        assert_int_equal(echo_call_wait(&calls[i])->code, BH_UNAVAILABLE);
        echo_call_done(&calls[i]);
    }
    return refused;
}

/* One call is refused after four attempts; of many only a tenth is sent again, and ten more, and one a second. */
static void attempts_are_limited(UNUSED void **state) {
    enum { CALLS = 300 };
    static echo_call calls[CALLS];
    void *router = raw_listen();
    rpc_client *client = echo_client(&site, ECHO_GATEWAY, true);
    start(client, &calls[0], 20000);
    assert_int_equal(refuse_all(router, calls, 1), 4);
    for (int i = 0; i < CALLS; i++)
        start(client, &calls[i], 20000);
    assert_in_range(refuse_all(router, calls, CALLS), CALLS + 1, CALLS + CALLS / 10 + 10 + 20);
    rpc_client_close(client);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(restarted_under_load),
        TEST(leaving_server_says_so),
        TEST(full_queue_is_not_processed),
        TEST(callers_are_remembered),
        TEST(nothing_is_sent_to_a_leaving_server),
        TEST(refused_call_is_sent_again),
        TEST(attempts_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

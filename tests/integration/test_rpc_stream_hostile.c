/* Streams at whose other end somebody breaks the rules, or does not read. */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bihuan/rpc/v1/envelope.pb-c.h"
#include "raw.h"
#include "rpc/credit.h"

enum { LONG_MS = 60000, WORKERS = 8, ITEM = FRAME_ITEM_MAX };

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

/* --- by hand against the server --- */

static frame next_but_pong(void *socket) {
    frame next = { .kind = FRAME_PONG };
    while (next.kind == FRAME_PONG) {
        zmq_msg_t message;
        next = raw_receive(socket, &message);
        zmq_msg_close(&message);
    }
    return next;
}

static void *greet_with(uint32_t messages, uint32_t bytes) {
    void *socket = raw_connect(ECHO_GATEWAY);
    raw_send(socket, (frame){ .kind = FRAME_HELLO, .messages = messages, .bytes = bytes });
    assert_int_equal(next_but_pong(socket).kind, FRAME_HELLO);
    return socket;
}

static void *serve_and_greet(uint32_t messages, uint32_t bytes) {
    echo_start(&site, NULL, WORKERS, 0);
    return greet_with(messages, bytes);
}

/* Whatever the socket said before was dealt with, and not answered: a call that nobody knows is, at once. */
static void assert_silence(void *socket) {
    raw_open_call(socket, 1001, "", 0, "", 0);
    frame next = next_but_pong(socket);
    assert_int_equal(next.kind, FRAME_END);
    assert_true(next.call_id == 1001);
}

static void assert_data(void *socket, uint64_t call_id, uint32_t number) {
    frame next = next_but_pong(socket);
    assert_int_equal(next.kind, FRAME_DATA);
    assert_true(next.call_id == call_id);
    assert_int_equal(next.messages, number);
}

static frame assert_end(void *socket, uint64_t call_id, bh_code code) {
    frame next = next_but_pong(socket);
    assert_int_equal(next.kind, FRAME_END);
    assert_true(next.call_id == call_id);
    assert_int_equal(next.status, code);
    return next;
}

static void grant(void *socket, uint64_t call_id, uint32_t messages, uint32_t bytes) {
    raw_send(socket, (frame){ .kind = FRAME_CREDIT, .call_id = call_id, .messages = messages, .bytes = bytes });
}

static void count_for_ever(void *socket, uint64_t call_id, uint32_t messages, uint32_t bytes) {
    raw_open_stream(socket, call_id, ECHO_COUNT, messages, bytes);
}

static void a_stream_gets_what_it_granted(UNUSED void **state) {
    void *socket = serve_and_greet(100, 100 * ITEM);
    count_for_ever(socket, 1, 3, 3 * ITEM);
    for (uint32_t n = 1; n <= 3; n++)
        assert_data(socket, 1, n);
    assert_silence(socket);
    grant(socket, 1, 1, 0);
    assert_data(socket, 1, 4);
    assert_silence(socket);
    raw_send_about(socket, FRAME_CANCEL, 1);
    assert_int_equal(assert_end(socket, 1, BH_CANCELLED).messages, 4);
}

static void streams_share_what_the_connection_granted(UNUSED void **state) {
    void *socket = serve_and_greet(2, 100 * ITEM);
    count_for_ever(socket, 1, 10, 10 * ITEM);
    assert_data(socket, 1, 1);
    assert_data(socket, 1, 2);
    count_for_ever(socket, 3, 10, 10 * ITEM);
    assert_silence(socket);
    raw_send_about(socket, FRAME_CANCEL, 1);
    assert_end(socket, 1, BH_CANCELLED);
    grant(socket, 0, 1, 0);
    assert_data(socket, 3, 1);
    assert_silence(socket);
}

static void too_much_credit_ends_a_stream(UNUSED void **state) {
    void *socket = serve_and_greet(100, 100 * ITEM);
    static const credit much[] = {
        { CREDIT_MESSAGES_MAX + 1, 0 }, { UINT32_MAX, 0 }, { 0, CREDIT_BYTES_MAX + 1 }, { 0, UINT32_MAX }
    };
    for (size_t i = 0; i < countof(much); i++) {
        uint64_t call_id = 2 * i + 1;
        count_for_ever(socket, call_id, 2, 2 * ITEM);
        assert_data(socket, call_id, 1);
        assert_data(socket, call_id, 2);
        grant(socket, call_id, 1, 0);
        assert_data(socket, call_id, 3);
        grant(socket, call_id, 1, ITEM);
        grant(socket, call_id, much[i].messages, much[i].bytes);
        frame next = next_but_pong(socket);
        while (next.kind == FRAME_DATA)
            next = next_but_pong(socket);
        assert_int_equal(next.kind, FRAME_END);
        assert_int_equal(next.status, BH_INVALID_ARGUMENT);
    }
    assert_silence(socket);
}

static void too_much_credit_for_the_connection_is_refused(UNUSED void **state) {
    void *socket = serve_and_greet(100, 100 * ITEM);
    grant(socket, 0, CREDIT_MESSAGES_MAX, 0);
    raw_assert_refused(socket, 0, BH_INVALID_ARGUMENT, "BAD_MESSAGE");
    grant(socket, 0, 0, UINT32_MAX);
    raw_assert_refused(socket, 0, BH_INVALID_ARGUMENT, "BAD_MESSAGE");
    void *other = raw_connect(ECHO_GATEWAY);
    raw_send(other, (frame){ .kind = FRAME_HELLO, .messages = CREDIT_MESSAGES_MAX + 1 });
    raw_assert_refused(other, 0, BH_INVALID_ARGUMENT, "BAD_MESSAGE");
}

static void a_stream_must_be_able_to_begin(UNUSED void **state) {
    void *socket = serve_and_greet(100, 100 * ITEM);
    count_for_ever(socket, 1, 1, ITEM - 1);
    raw_assert_refused(socket, 1, BH_INVALID_ARGUMENT, "BAD_MESSAGE");
    count_for_ever(socket, 3, CREDIT_MESSAGES_MAX + 1, ITEM);
    raw_assert_refused(socket, 3, BH_INVALID_ARGUMENT, "BAD_MESSAGE");
    void *unknown = raw_connect(ECHO_GATEWAY);
    count_for_ever(unknown, 1, 1, ITEM); /* it has not greeted */
    assert_int_equal(raw_assert_refused(unknown, 1, BH_UNAVAILABLE, "QUEUE_FULL"),
                     FRAME_END_STREAM | FRAME_NOT_PROCESSED);
}

/* About calls that are none, over, of another connection, or have one answer; and a message from the wrong side. */
static void what_concerns_nobody_is_ignored(UNUSED void **state) {
    void *socket = serve_and_greet(100, 100 * ITEM), *other = greet_with(100, 100 * ITEM);
    static const char linger[] = "\x0a\x22/bihuan.test.v1.EchoService/Linger";
    count_for_ever(socket, 1, 1, ITEM);
    assert_data(socket, 1, 1);
    raw_open_call(socket, 3, linger, sizeof(linger) - 1, "", 0);
    grant(other, 1, 1, ITEM);
    grant(socket, 3, UINT32_MAX, UINT32_MAX);
    grant(socket, 5, UINT32_MAX, UINT32_MAX);
    raw_send_about(socket, FRAME_DATA, 1);
    raw_send_about(socket, FRAME_DATA, 3);
    assert_silence(other);
    assert_silence(socket);
    raw_send_about(socket, FRAME_CANCEL, 3);
    assert_end(socket, 3, BH_CANCELLED);
    grant(socket, 1, 1, ITEM);
    assert_data(socket, 1, 2);
}

/* Who reads nothing has what he granted on its way to him and no more, though his streams together were granted more
 * than a socket takes; all of it arrives when he reads after all. */
static void who_does_not_read_gets_a_window_full(UNUSED void **state) {
    enum { OPEN = 600, EACH = 16, WINDOW = 1024 };
    void *socket = serve_and_greet(WINDOW, CREDIT_BYTES_MAX);
    for (uint64_t i = 0; i < OPEN; i++)
        count_for_ever(socket, 2 * i + 1, EACH, EACH * ITEM);
    gateway = echo_client(&site, ECHO_GATEWAY, true);
    bool is_full = false;
    for (int rounds = 0; rounds < 500 || !is_full; rounds++) {
        arena *mem = arena_new(1 << 20);
        buf out;
        buf_init(&out, mem);
        rpc_server_metrics(site.server, &out);
        is_full = strstr(out.s, "\nbihuan_rpc_stream_messages_total 1024\n") != NULL;
        arena_free(mem);
        bh_call *c = echo_person(7, 0, 20000);
        Bh__Test__EchoResponse *response;
        assert_null(echo_text(gateway, c, "x", &response));
        call_free(c);
    }
    for (int i = 0; i < WINDOW; i++)
        assert_int_equal(next_but_pong(socket).kind, FRAME_DATA);
    assert_silence(socket);
}

/* --- by hand against the client --- */

/* A stream as a client sees it that a server by hand answers. */
typedef struct watching {
    echo_call ec;
    atomic_int items;
} watching;

static void take(void *data, UNUSED const uint8_t *payload, UNUSED size_t size) {
    watching *w = data;
    atomic_fetch_add(&w->items, 1);
}

static void *open_stream(watching *w, raw_request *ret_open) {
    void *router = raw_listen();
    gateway = echo_client(&site, ECHO_GATEWAY, true);
    echo_stream_start(gateway, &w->ec, take, echo_call_keep, ECHO_COUNT, "", 0, LONG_MS);
    assert_true(raw_take(router, LONG_MS, ret_open));
    assert_int_equal(ret_open->frame.kind, FRAME_OPEN);
    assert_int_equal(ret_open->frame.messages, STREAM_MESSAGES_MAX);
    assert_int_equal(ret_open->frame.bytes, STREAM_BYTES_MAX);
    return router;
}

static void send_data(void *router, raw_request *open, uint32_t number) {
    raw_answer(router, open, (frame){ .kind = FRAME_DATA, .call_id = open->frame.call_id, .messages = number });
}

static void assert_broken(void *router, watching *w, raw_request *open, int items) {
    raw_request cancel;
    assert_string_equal(echo_call_wait(&w->ec)->reason, "OUTCOME_UNKNOWN");
    assert_int_equal(w->items, items);
    assert_true(raw_take(router, LONG_MS, &cancel));
    assert_int_equal(cancel.frame.kind, FRAME_CANCEL);
    assert_true(cancel.frame.call_id == open->frame.call_id);
    echo_call_done(&w->ec);
    raw_request_done(&cancel);
    raw_request_done(open);
}

static void a_gap_is_noticed(UNUSED void **state) {
    watching w = { 0 };
    raw_request open;
    void *router = open_stream(&w, &open);
    send_data(router, &open, 1);
    send_data(router, &open, 3);
    assert_broken(router, &w, &open, 1);
}

static void a_message_twice_is_noticed(UNUSED void **state) {
    watching w = { 0 };
    raw_request open;
    void *router = open_stream(&w, &open);
    send_data(router, &open, 1);
    send_data(router, &open, 1);
    assert_broken(router, &w, &open, 1);
}

static void more_than_was_granted_is_noticed(UNUSED void **state) {
    watching w = { 0 };
    raw_request open;
    void *router = open_stream(&w, &open);
    for (uint32_t n = 1; n <= STREAM_MESSAGES_MAX + 1; n++)
        send_data(router, &open, n);
    assert_broken(router, &w, &open, STREAM_MESSAGES_MAX);
}

static void a_loss_at_the_end_is_noticed(UNUSED void **state) {
    watching w = { 0 };
    raw_request open;
    void *router = open_stream(&w, &open);
    send_data(router, &open, 1);
    raw_answer(router, &open, (frame){ .kind = FRAME_END, .call_id = open.frame.call_id, .messages = 2 });
    assert_string_equal(echo_call_wait(&w.ec)->reason, "OUTCOME_UNKNOWN");
    echo_call_done(&w.ec);
    raw_request_done(&open);
}

/* The client sends a stream of which nothing came once more; what is said about the first attempt then is dropped. */
static void an_earlier_attempt_is_not_listened_to(UNUSED void **state) {
    watching w = { 0 };
    raw_request first, second;
    void *router = open_stream(&w, &first);
    frame refusal = { .kind = FRAME_END,
                      .flags = FRAME_END_STREAM | FRAME_NOT_PROCESSED,
                      .status = BH_UNAVAILABLE,
                      .call_id = first.frame.call_id };
    raw_answer(router, &first, refusal);
    assert_true(raw_take(router, LONG_MS, &second));
    assert_int_equal(second.frame.kind, FRAME_OPEN);
    assert_int_equal(second.frame.messages, STREAM_MESSAGES_MAX);
    assert_true(second.frame.call_id != first.frame.call_id);
    send_data(router, &first, 1);
    send_data(router, &second, 1);
    raw_answer(router, &first, (frame){ .kind = FRAME_END, .call_id = first.frame.call_id, .messages = 1 });
    send_data(router, &second, 2);
    raw_answer(router, &second, (frame){ .kind = FRAME_END, .call_id = second.frame.call_id, .messages = 2 });
    assert_null(echo_call_wait(&w.ec));
    assert_int_equal(w.items, 2);
    echo_call_done(&w.ec);
    raw_request_done(&first);
    raw_request_done(&second);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_stream_gets_what_it_granted),        TEST(streams_share_what_the_connection_granted),
        TEST(too_much_credit_ends_a_stream),        TEST(too_much_credit_for_the_connection_is_refused),
        TEST(a_stream_must_be_able_to_begin),       TEST(what_concerns_nobody_is_ignored),
        TEST(who_does_not_read_gets_a_window_full), TEST(a_gap_is_noticed),
        TEST(a_message_twice_is_noticed),           TEST(more_than_was_granted_is_noticed),
        TEST(a_loss_at_the_end_is_noticed),         TEST(an_earlier_attempt_is_not_listened_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

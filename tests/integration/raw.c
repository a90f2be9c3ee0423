#include "raw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "bihuan/rpc/v1/envelope.pb-c.h"
#include "rpc/message.h"
#include "rpc/socket.h"

enum { PATIENCE_MS = 20000 };

void *raw_context;
uint16_t raw_greeting_flags;

static echo_site *site;
static void *opened[8];
static int opened_count;

void raw_open(echo_site *of) {
    site = of;
    raw_greeting_flags = 0;
    raw_context = zmq_ctx_new();
}

void *raw_until_the_end(void *socket) {
    assert_true(opened_count < (int) countof(opened));
    opened[opened_count++] = socket;
    return socket;
}

void raw_close(void) {
    for (int i = 0; i < opened_count; i++)
        zmq_socket_monitor(opened[i], NULL, 0);
    for (int i = 0; i < opened_count; i++)
        socket_close(opened[i], 0);
    opened_count = 0;
    zmq_ctx_term(raw_context);
}

/* --- as a client --- */

void *raw_connect_watched(enum echo_key key, void **ret_watch) {
    int patience_ms = PATIENCE_MS;
    void *socket =
        socket_connect(raw_context, &site->keys[key], site->endpoint, site->keys[ECHO_SERVER].public_text, ret_watch);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
    raw_until_the_end(*ret_watch);
    return raw_until_the_end(socket);
}

void *raw_connect(enum echo_key key) {
    void *watch;
    return raw_connect_watched(key, &watch);
}

static bool send_frame(void *socket, frame head, const ProtobufCMessage *meta) {
    zmq_msg_t message;
    message_init(&message, head, meta, 0);
    return zmq_msg_send(&message, socket, ZMQ_DONTWAIT) >= 0;
}

void raw_send(void *socket, frame head) {
    assert_true(send_frame(socket, head, NULL));
}

void raw_open_stream(void *socket, uint64_t call_id, const char *method, uint32_t messages, uint32_t bytes) {
    Bh__Rpc__CallMeta meta = BH__RPC__CALL_META__INIT;
    meta.method = (char *) method;
    frame head = { .kind = FRAME_OPEN, .call_id = call_id, .messages = messages, .bytes = bytes };
    assert_true(send_frame(socket, head, &meta.base));
}

bool raw_send_bare(void *socket, frame_kind kind) {
    return send_frame(socket, (frame){ .kind = (uint8_t) kind }, NULL);
}

void raw_send_about(void *socket, frame_kind kind, uint64_t call_id) {
    raw_send(socket, (frame){ .kind = (uint8_t) kind, .call_id = call_id });
}

void raw_open_call(void *socket, uint64_t call_id, const void *meta, size_t meta_size, const void *payload, size_t n) {
    zmq_msg_t message;
    uint8_t header[FRAME_HEADER_SIZE];
    frame head = { .kind = FRAME_OPEN, .flags = FRAME_END_STREAM, .call_id = call_id, .meta_size = meta_size };
    frame_write(&head, header);
    zmq_msg_init_size(&message, FRAME_HEADER_SIZE + meta_size + n);
    uint8_t *bytes = zmq_msg_data(&message);
    memcpy(bytes, header, FRAME_HEADER_SIZE);
    memcpy(bytes + FRAME_HEADER_SIZE, meta, meta_size);
    memcpy(bytes + FRAME_HEADER_SIZE + meta_size, payload, n);
    assert_true(zmq_msg_send(&message, socket, 0) >= 0);
}

frame raw_receive(void *socket, zmq_msg_t *ret_message) {
    frame received = { 0 };
    zmq_msg_init(ret_message);
    assert_true(zmq_msg_recv(ret_message, socket, 0) >= 0);
    assert_null(message_parse(ret_message, &received));
    return received;
}

uint16_t raw_assert_refused(void *socket, uint64_t call_id, bh_code code, const char *reason) {
    zmq_msg_t message;
    frame end = raw_receive(socket, &message);
    assert_int_equal(end.kind, FRAME_END);
    assert_true(end.call_id == call_id);
    assert_int_equal(end.status, code);
    Bh__Rpc__CallStatus *status = bh__rpc__call_status__unpack(NULL, end.meta_size, end.meta);
    assert_non_null(status);
    assert_string_equal(status->reason, reason);
    bh__rpc__call_status__free_unpacked(status, NULL);
    zmq_msg_close(&message);
    return end.flags;
}

/* --- as a server --- */

void *raw_listen(void) {
    void *router = socket_listen(raw_context, &site->keys[ECHO_SERVER], "tcp://127.0.0.1:*");
    assert_non_null(router);
    site->endpoint = socket_endpoint(router, site->call->mem);
    echo_peers(site, &site->endpoint, 1);
    return raw_until_the_end(router);
}

void raw_answer(void *router, raw_request *request, frame head) {
    zmq_msg_t route;
    zmq_msg_t message;
    zmq_msg_init(&route);
    zmq_msg_copy(&route, &request->route);
    message_init(&message, head, NULL, 0);
    assert_true(zmq_msg_send(&route, router, ZMQ_SNDMORE) >= 0);
    assert_true(zmq_msg_send(&message, router, 0) >= 0);
}

void raw_request_done(raw_request *request) {
    zmq_msg_close(&request->route);
    zmq_msg_close(&request->message);
}

bool raw_take(void *router, int patience_ms, raw_request *ret_request) {
    static const uint8_t answers[] = { [FRAME_HELLO] = FRAME_HELLO, [FRAME_PING] = FRAME_PONG };
    zmq_setsockopt(router, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
    for (;;) {
        zmq_msg_init(&ret_request->route);
        zmq_msg_init(&ret_request->message);
        if (zmq_msg_recv(&ret_request->route, router, 0) < 0)
            return false;
        zmq_msg_recv(&ret_request->message, router, 0);
        assert_null(message_parse(&ret_request->message, &ret_request->frame));
        uint8_t kind = ret_request->frame.kind;
        if (kind >= countof(answers) || !answers[kind])
            return true;
        raw_answer(router, ret_request, (frame){ .kind = answers[kind], .flags = raw_greeting_flags });
        raw_request_done(ret_request);
    }
}

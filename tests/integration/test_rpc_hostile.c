/* Whoever reaches the port, and whoever holds a key but sends rubbish: refused with a code, and honest callers notice
 * nothing. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "base/hash.h"
#include "bihuan/rpc/v1/envelope.pb-c.h"
#include "raw.h"
#include "rpc/frame.h"
#include "rpc/message.h"
#include "rpc/socket.h"

enum { PATIENCE_MS = 20000, SHORT_MS = 1500 };

static echo_site site;
static rpc_client *honest;

static int set_up(UNUSED void **state) {
    echo_site_init(&site);
    echo_start(&site, NULL, 2, 0);
    honest = echo_client(&site, ECHO_GATEWAY, true);
    raw_open(&site);
    return 0;
}

static int tear_down(UNUSED void **state) {
    raw_close();
    rpc_client_close(honest);
    echo_site_done(&site);
    return 0;
}

static void assert_honest_caller_is_served(void) {
    bh_call *c = call_new("test", PATIENCE_MS);
    c->who.user_id = 7;
    Bh__Test__EchoRequest request = BH__TEST__ECHO_REQUEST__INIT;
    ProtobufCMessage *response;
    assert_null(rpc_call(honest, c, &bh__test__echo_service__descriptor, "Echo", &request.base, &response));
    call_free(c);
}

/* --- without a key --- */

/* The server talks to it, soon enough. */
static bool connects_within(int ms, void *socket) {
    zmq_pollitem_t item = { .socket = socket, .events = ZMQ_POLLIN };
    zmq_msg_t pong;
    zmq_msg_init(&pong);
    bool answered =
        raw_send_bare(socket, FRAME_PING) && zmq_poll(&item, 1, ms) == 1 && zmq_msg_recv(&pong, socket, 0) >= 0;
    zmq_msg_close(&pong);
    return answered;
}

static bool connects(void *socket) {
    return connects_within(PATIENCE_MS, socket);
}

/* CURVE admits everybody when nobody answers ZAP; here somebody does. */
static void stranger_is_not_admitted(UNUSED void **state) {
    void *known = raw_connect(ECHO_GATEWAY);
    void *stranger = raw_connect(ECHO_STRANGER);
    assert_true(connects(known));
    assert_false(connects_within(SHORT_MS, stranger));
    assert_honest_caller_is_served();
}

static void only_curve_is_spoken(UNUSED void **state) {
    void *plain = raw_until_the_end(zmq_socket(raw_context, ZMQ_DEALER));
    void *null = raw_until_the_end(zmq_socket(raw_context, ZMQ_DEALER));
    zmq_setsockopt(plain, ZMQ_PLAIN_USERNAME, "front", 5);
    zmq_setsockopt(plain, ZMQ_PLAIN_PASSWORD, "front", 5);
    zmq_connect(plain, site.endpoint);
    zmq_connect(null, site.endpoint);
    assert_false(connects_within(SHORT_MS, plain));
    assert_false(connects_within(SHORT_MS, null));
}

static int tcp_connect(void) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    address.sin_port = htons((uint16_t) strtol(strrchr(site.endpoint, ':') + 1, NULL, 10));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *) &address, sizeof(address)), 0);
    return fd;
}

static void rubbish_on_the_port(UNUSED void **state) {
    uint8_t bytes[512];
    for (int i = 0; i < 100; i++) {
        int fd = tcp_connect();
        random_bytes(bytes, sizeof(bytes));
        /* Half of them begin as ZMTP does, to get further. */
        if (i % 2)
            memcpy(bytes, "\xff\0\0\0\0\0\0\0\1\x7f\3\1CURVE", 17);
        if (send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) < 0)
            assert_int_not_equal(errno, 0);
        close(fd);
    }
    assert_honest_caller_is_served();
}

/* Silent connections cost nobody anything and are closed when the handshake takes too long (2 s). */
static void silent_connections(UNUSED void **state) {
    enum { N = 200 };
    int fds[N];
    char bytes[64];
    for (int i = 0; i < N; i++)
        fds[i] = tcp_connect();
    assert_honest_caller_is_served();
    struct timeval patience = { .tv_sec = 30 };
    for (int i = 0; i < N; i++) {
        setsockopt(fds[i], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        ssize_t n = 1;
        while (n > 0)
            n = recv(fds[i], bytes, sizeof(bytes), 0); /* libzmq's greeting, then the end */
        assert_int_equal(n, 0);
        close(fds[i]);
    }
}

/* --- with a key --- */

static void *friend_socket(void) {
    void *socket = raw_connect(ECHO_GATEWAY);
    assert_true(connects(socket));
    return socket;
}

static void assert_pong(void *socket) {
    zmq_msg_t message;
    assert_true(raw_send_bare(socket, FRAME_PING));
    assert_int_equal(raw_receive(socket, &message).kind, FRAME_PONG);
    zmq_msg_close(&message);
}

/* CURVE was done when the connection was made; the list is asked again for every message. */
static void key_removed_while_connected(UNUSED void **state) {
    void *socket = friend_socket();
    zmq_msg_t message;
    frame answer = { .kind = FRAME_PONG };
    assert_pong(socket);
    echo_allow(&site, NULL);
    for (int i = 0; i < 1000 && answer.kind == FRAME_PONG; i++) {
        echo_sleep(20);
        assert_true(raw_send_bare(socket, FRAME_PING));
        answer = raw_receive(socket, &message);
        zmq_msg_close(&message);
    }
    assert_int_equal(answer.kind, FRAME_END);
    assert_int_equal(answer.status, BH_UNAUTHENTICATED);
    raw_open_call(socket, 3, "", 0, "", 0);
    raw_assert_refused(socket, 3, BH_UNAUTHENTICATED, "UNKNOWN_CALLER");
}

static void broken_frames(UNUSED void **state) {
    static const struct {
        const char *bytes;
        size_t n;
    } rows[] = {
#define FRAME(text) { (text), sizeof(text) - 1 }
        FRAME(""),
        FRAME("B"),
        FRAME("BH\1\2\0\1\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        FRAME("XX\1\2\0\1\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        FRAME("BH\2\2\0\1\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        FRAME("BH\1\2\0\1\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0"),
        FRAME("BH\1\2\0\1\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\xff\xff\xff\xff\0\0\0\0"),
    };
    void *socket = friend_socket();
    for (size_t i = 0; i < countof(rows); i++) {
        zmq_send(socket, rows[i].bytes, rows[i].n, 0);
        raw_assert_refused(socket, 0, BH_INVALID_ARGUMENT, "BAD_MESSAGE");
    }
    assert_pong(socket);
}

static void more_than_one_part(UNUSED void **state) {
    void *socket = friend_socket();
    zmq_msg_t message;
    for (int parts = 1; parts < 4; parts++) {
        message_init(&message, (frame){ .kind = FRAME_PING }, NULL, 0);
        zmq_msg_send(&message, socket, ZMQ_SNDMORE);
        for (int i = 1; i < parts; i++)
            zmq_send(socket, "more", 4, ZMQ_SNDMORE);
        zmq_send(socket, "end", 3, 0);
        raw_assert_refused(socket, 0, BH_INVALID_ARGUMENT, "BAD_MESSAGE");
    }
    zmq_send(socket, "", 0, ZMQ_SNDMORE); /* as a REQ socket sends */
    zmq_send(socket, "request", 7, 0);
    raw_assert_refused(socket, 0, BH_INVALID_ARGUMENT, "BAD_MESSAGE");
    assert_pong(socket);
}

static void unknown_kinds_are_ignored(UNUSED void **state) {
    void *socket = friend_socket();
    zmq_msg_t message;
    for (int kind = 0; kind < 256; kind++) {
        if (kind == FRAME_HELLO || kind == FRAME_OPEN || kind == FRAME_PING)
            continue;
        message_init(&message, (frame){ .kind = (uint8_t) kind, .flags = 0xffff, .call_id = 9 }, NULL, 0);
        zmq_msg_send(&message, socket, 0);
    }
    assert_pong(socket);
}

static void hello(UNUSED void **state) {
    void *socket = friend_socket();
    zmq_msg_t message;
    message_init(&message, (frame){ .kind = FRAME_HELLO }, NULL, 0);
    zmq_msg_send(&message, socket, 0);
    frame answer = raw_receive(socket, &message);
    assert_int_equal(answer.kind, FRAME_HELLO);
    Bh__Rpc__Hello *said = bh__rpc__hello__unpack(NULL, answer.meta_size, answer.meta);
    assert_int_equal(strlen(said->instance_id), 32);
    assert_int_equal(said->n_services, 1);
    assert_string_equal(said->services[0], "bihuan.test.v1.EchoService");
    assert_int_equal(said->message_size_max, FRAME_SIZE_MAX);
    bh__rpc__hello__free_unpacked(said, NULL);
    zmq_msg_close(&message);
}

static void broken_meta(UNUSED void **state) {
    static const struct {
        const char *bytes;
        size_t n;
        bh_code code;
        const char *reason;
    } rows[] = {
#define META(text, code, reason) { (text), sizeof(text) - 1, (code), (reason) }
        META("\x0a", BH_INVALID_ARGUMENT, "BAD_MESSAGE"),
        META("\x0a\x02/\xff", BH_INVALID_ARGUMENT, "BAD_MESSAGE"),
        META("\x0a\x02/\0", BH_INVALID_ARGUMENT, "BAD_MESSAGE"),
        META("\x0a\x01/\x0a\x01/", BH_INVALID_ARGUMENT, "BAD_MESSAGE"),
        META("\x1a\x02\x0a\x00", BH_INVALID_ARGUMENT, "BAD_MESSAGE"),
        META("", BH_UNIMPLEMENTED, "UNKNOWN_METHOD"),
        META("\x12\x03xyz", BH_UNIMPLEMENTED, "UNKNOWN_METHOD"), /* a trace id that is none is replaced */
    };
    void *socket = friend_socket();
    for (size_t i = 0; i < countof(rows); i++) {
        raw_open_call(socket, 2 * i + 1, rows[i].bytes, rows[i].n, "", 0);
        raw_assert_refused(socket, 2 * i + 1, rows[i].code, rows[i].reason);
    }
}

static const char echo_meta[] = "\x0a\x20/bihuan.test.v1.EchoService/Echo\x1a\x02\x08\x07"; /* user 7 */

static void broken_payloads(UNUSED void **state) {
    static const struct {
        const char *bytes;
        size_t n;
    } rows[] = {
        FRAME("\x0a"),
        FRAME("\x0a\x02\xff\xfe"),
        FRAME("\x0a\x03"
              "a\0b"),
        FRAME("\x0a\x01z\x0a\x01z"),
        FRAME("\x20\x63"),
        FRAME("\x32\x22\x0a\x20\x0a\x1e\x0a\x1c\x0a\x1a\x0a\x18\x0a\x16\x0a\x14\x0a\x12\x0a\x10\x0a\x0e\x0a\x0c"
              "\x0a\x0a\x0a\x08\x0a\x06\x0a\x04\x0a\x02\x0a\x00"),
    };
    void *socket = friend_socket();
    for (size_t i = 0; i < countof(rows); i++) {
        raw_open_call(socket, 2 * i + 1, echo_meta, sizeof(echo_meta) - 1, rows[i].bytes, rows[i].n);
        raw_assert_refused(socket, 2 * i + 1, BH_INVALID_ARGUMENT, "BAD_MESSAGE");
    }
    assert_honest_caller_is_served();
}

/* Every call gets an answer with a known code, whatever it carries. */
static void random_calls(UNUSED void **state) {
    void *socket = friend_socket();
    uint8_t bytes[64];
    for (uint64_t i = 0; i < 1000; i++) {
        zmq_msg_t message;
        random_bytes(bytes, sizeof(bytes));
        if (i % 2)
            raw_open_call(socket, 2 * i + 1, echo_meta, sizeof(echo_meta) - 1, bytes, bytes[0] % sizeof(bytes));
        else
            raw_open_call(socket, 2 * i + 1, bytes, bytes[0] % sizeof(bytes), "", 0);
        frame end = raw_receive(socket, &message);
        assert_int_equal(end.kind, FRAME_END);
        assert_true(end.call_id == 2 * i + 1);
        assert_true(end.status == BH_OK || end.status == BH_INVALID_ARGUMENT || end.status == BH_UNIMPLEMENTED);
        zmq_msg_close(&message);
    }
}

/* Beyond MAXMSGSIZE libzmq hangs up before the bytes are in memory. */
static void oversized_message(UNUSED void **state) {
    enum { SIZE = 5 << 20 };
    zmq_msg_t message;
    void *watch;
    void *socket = raw_connect_watched(ECHO_GATEWAY, &watch);
    assert_true(connects(socket));
    zmq_msg_init_size(&message, SIZE);
    memset(zmq_msg_data(&message), 'x', SIZE);
    zmq_msg_send(&message, socket, 0);
    zmq_pollitem_t item = { .socket = watch, .events = ZMQ_POLLIN };
    assert_int_equal(zmq_poll(&item, 1, PATIENCE_MS), 1);
    assert_honest_caller_is_served();
}

/* --- the sockets themselves --- */

/* Sockets that end at every moment of a handshake that fails. libzmq's I/O thread, which tells a watch about it, must
 * not be left waiting for a watch that is gone: then this raw_context could never connect anywhere again. */
static void watches_end_cleanly(UNUSED void **state) {
    for (int i = 0; i < 300; i++) {
        void *watch;
        void *socket = socket_connect(raw_context, &site.keys[ECHO_STRANGER], site.endpoint,
                                      site.keys[ECHO_SERVER].public_text, &watch);
        struct timespec moment = { .tv_nsec = i * 20000L };
        nanosleep(&moment, NULL);
        socket_disconnect(socket, watch);
    }
    assert_true(connects(raw_connect(ECHO_GATEWAY)));
}

/* Without MANDATORY a ROUTER swallows what it cannot deliver. */
static void router_tells_that_a_caller_is_gone(UNUSED void **state) {
    void *router = raw_until_the_end(socket_listen(raw_context, &site.keys[ECHO_SERVER], "tcp://127.0.0.1:*"));
    assert_int_equal(zmq_send(router, "gone", 4, ZMQ_SNDMORE | ZMQ_DONTWAIT), -1);
    assert_int_equal(errno, EHOSTUNREACH);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(stranger_is_not_admitted),
        TEST(only_curve_is_spoken),
        TEST(rubbish_on_the_port),
        TEST(silent_connections),
        TEST(key_removed_while_connected),
        TEST(broken_frames),
        TEST(more_than_one_part),
        TEST(unknown_kinds_are_ignored),
        TEST(hello),
        TEST(broken_meta),
        TEST(broken_payloads),
        TEST(random_calls),
        TEST(oversized_message),
        TEST(watches_end_cleanly),
        TEST(router_tells_that_a_caller_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

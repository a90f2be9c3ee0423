#include "rpc/connection.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "bihuan/rpc/v1/envelope.pb-c.h"
#include "rpc/flight.h"
#include "rpc/message.h"
#include "rpc/socket.h"

enum {
    WAITING_MAX = 1024, /* calls not sent yet */
    WAIT_MS = 3000,     /* for a server to come (back); a supervised one is back within 2 s */
    GREET_MS = 2000,    /* from the attempt to the server's HELLO */
    IDLE_MS = 1000,     /* silence after which we ping */
    PONG_MS = 2000,     /* silence after the ping that means death */
    REST_MS_MIN = 50,
    REST_MS_MAX = 1000,
    BATCH_MAX = 64,
};

typedef enum connection_state {
    RESTING,  /* no socket until rest_until_ms */
    GREETING, /* connecting, or our HELLO is not answered yet */
    READY,
} connection_state;

struct connection {
    void *context;
    const rpc_key *own;
    const char *instance_id;
    const char *endpoint;
    const char *server_key;
    connection_state state;
    atomic_bool ready; /* state == READY, for other threads */
    void *socket;
    void *watch;     /* tells when the socket is of no use any more */
    bool hello_sent; /* in GREETING */
    int attempts;    /* since the connection was ready last */
    int64_t state_until_ms;
    int64_t heard_ms;
    int64_t pinged_ms; /* 0 = no ping is out */
    flight flight;
    inbox_node *waiting;
    inbox_node **waiting_end;
    int waiting_count;
    int64_t expiry_ms; /* no call ends before */
};

connection *connection_new(arena *mem, void *context, const rpc_key *own, const char *instance_id,
                           const rpc_peer *peer) {
    connection *conn = arena_alloc(mem, sizeof(*conn));
    conn->context = context;
    conn->own = own;
    conn->instance_id = instance_id;
    conn->endpoint = arena_strdup(mem, peer->endpoint);
    conn->server_key = arena_strdup(mem, peer->public_key);
    conn->waiting_end = &conn->waiting;
    conn->expiry_ms = INT64_MAX;
    flight_init(&conn->flight);
    return conn;
}

bool connection_serves(const connection *conn, const rpc_peer *peer) {
    return strcmp(conn->endpoint, peer->endpoint) == 0 && strcmp(conn->server_key, peer->public_key) == 0;
}

bool connection_is_ready(const connection *conn) {
    return atomic_load(&conn->ready);
}

static void enter(connection *conn, connection_state state, int64_t until_ms) {
    conn->state = state;
    conn->state_until_ms = until_ms;
    atomic_store(&conn->ready, state == READY);
}

/* --- the socket --- */

static void close_socket(connection *conn) {
    socket_disconnect(conn->socket, conn->watch);
    conn->watch = conn->socket = NULL;
}

/* Half to all of a time that doubles with every attempt. */
static int64_t rest_ms(const connection *conn) {
    int doublings = conn->attempts < 5 ? conn->attempts : 5;
    int64_t most = REST_MS_MIN << doublings;
    uint16_t random;
    random_bytes(&random, sizeof(random));
    most = most < REST_MS_MAX ? most : REST_MS_MAX;
    return most / 2 + most / 2 * random / UINT16_MAX;
}

/* Closing throws the socket's queue away, so a server that comes back gets nothing stale, and cures a denial. */
static void drop(connection *conn, int64_t now_ms, const char *why) {
    if (conn->state == READY || conn->attempts == 0)
        log_event(LOG_WARN, "rpc.connection_lost", "endpoint=%s: %s", conn->endpoint, why);
    close_socket(conn);
    enter(conn, RESTING, now_ms + rest_ms(conn));
    conn->attempts++;
    flight_fail(&conn->flight, INT64_MAX, BH_REASON_OUTCOME_UNKNOWN);
}

static void attempt(connection *conn, int64_t now_ms) {
    conn->hello_sent = false;
    conn->pinged_ms = 0;
    enter(conn, GREETING, now_ms + GREET_MS);
    conn->socket = socket_connect(conn->context, conn->own, conn->endpoint, conn->server_key, &conn->watch);
    if (!conn->socket)
        drop(conn, now_ms, zmq_strerror(errno));
}

/* Takes the message over; false when the connection does not take it. */
static bool send_message(connection *conn, zmq_msg_t *message) {
    bool sent = zmq_msg_send(message, conn->socket, ZMQ_DONTWAIT) >= 0;
    zmq_msg_close(message);
    return sent;
}

static bool send_bare(connection *conn, frame_kind kind, const ProtobufCMessage *meta) {
    zmq_msg_t message;
    message_init(&message, (frame){ .kind = (uint8_t) kind }, meta, 0);
    return send_message(conn, &message);
}

static void greet(connection *conn) {
    Bh__Rpc__Hello hello = BH__RPC__HELLO__INIT;
    hello.instance_id = (char *) conn->instance_id;
    hello.message_size_max = FRAME_SIZE_MAX;
    conn->hello_sent = send_bare(conn, FRAME_HELLO, &hello.base);
}

/* --- sending --- */

static bh_reason why_waiting_ended(const connection *conn, const rpc_result *call, int64_t now_ms) {
    if (now_ms >= call->deadline_ms)
        return BH_REASON_DEADLINE_EXPIRED;
    return conn->state == READY ? BH_REASON_QUEUE_FULL : BH_REASON_SERVICE_UNREACHABLE;
}

static int64_t waiting_ends_ms(const rpc_result *call) {
    int64_t patience_ms = call->since_ms + WAIT_MS;
    return call->deadline_ms < patience_ms ? call->deadline_ms : patience_ms;
}

static void note_expiry(connection *conn, int64_t at_ms) {
    if (at_ms < conn->expiry_ms)
        conn->expiry_ms = at_ms;
}

static void wait(connection *conn, rpc_result *call) {
    call->node.next = NULL;
    *conn->waiting_end = &call->node;
    conn->waiting_end = &call->node.next;
    conn->waiting_count++;
    note_expiry(conn, waiting_ends_ms(call));
}

/* Stamps call id and remaining time on the request and sends it. */
static void dispatch(connection *conn, rpc_result *call, int64_t now_ms) {
    frame head;
    message_parse(&call->message, &head);
    head.call_id = flight_add(&conn->flight, call);
    int64_t left_ms = call->deadline_ms - now_ms;
    head.timeout_ms = left_ms < UINT32_MAX ? (uint32_t) left_ms : UINT32_MAX;
    frame_write(&head, zmq_msg_data(&call->message));
    note_expiry(conn, call->deadline_ms);
    if (zmq_msg_send(&call->message, conn->socket, ZMQ_DONTWAIT) >= 0)
        return;
    /* The connection has just ended and we have not been told yet: nothing left this process. */
    flight_take(&conn->flight, head.call_id);
    wait(conn, call);
}

void connection_submit(connection *conn, rpc_result *call, int64_t now_ms) {
    call->since_ms = now_ms;
    if (now_ms >= call->deadline_ms)
        rpc_result_fail(call, BH_REASON_DEADLINE_EXPIRED);
    else if (conn->state == READY && conn->flight.spare_count && !conn->waiting)
        dispatch(conn, call, now_ms);
    else if (conn->waiting_count < WAITING_MAX)
        wait(conn, call);
    else
        rpc_result_fail(call, why_waiting_ended(conn, call, now_ms));
}

static rpc_result *waiting_take(connection *conn) {
    inbox_node *first = conn->waiting;
    conn->waiting = first->next;
    if (!conn->waiting)
        conn->waiting_end = &conn->waiting;
    conn->waiting_count--;
    return (rpc_result *) first;
}

static void send_waiting(connection *conn, int64_t now_ms) {
    for (int n = conn->waiting_count; n > 0 && conn->flight.spare_count; n--) {
        rpc_result *call = waiting_take(conn);
        if (now_ms >= call->deadline_ms)
            rpc_result_fail(call, BH_REASON_DEADLINE_EXPIRED);
        else
            dispatch(conn, call, now_ms);
    }
}

/* --- receiving --- */

static void on_hello(connection *conn, int64_t now_ms) {
    if (conn->state != GREETING)
        return;
    conn->attempts = 0;
    enter(conn, READY, INT64_MAX);
    log_event(LOG_INFO, "rpc.connected", "endpoint=%s", conn->endpoint);
    send_waiting(conn, now_ms);
}

static void on_end(connection *conn, zmq_msg_t *message, const frame *answer, int64_t now_ms) {
    rpc_result *call = flight_take(&conn->flight, answer->call_id);
    if (call)
        rpc_result_answer(call, message, answer);
    if (conn->waiting && conn->state == READY)
        send_waiting(conn, now_ms);
}

static void handle(connection *conn, zmq_msg_t *message, int64_t now_ms) {
    frame received;
    const char *fault = message_parse(message, &received);
    conn->heard_ms = now_ms;
    conn->pinged_ms = 0;
    if (fault)
        log_event(LOG_WARN, "rpc.bad_frame", "endpoint=%s: %s", conn->endpoint, fault);
    else if (received.kind == FRAME_HELLO)
        on_hello(conn, now_ms);
    else if (received.kind == FRAME_END && received.call_id == 0)
        drop(conn, now_ms, "the server refuses us");
    else if (received.kind == FRAME_END)
        on_end(conn, message, &received, now_ms);
}

bool connection_receive(connection *conn, int64_t now_ms) {
    int n = 0;
    zmq_msg_t message;
    for (; n < BATCH_MAX && conn->socket; n++) {
        zmq_msg_init(&message);
        if (zmq_msg_recv(&message, conn->socket, ZMQ_DONTWAIT) < 0)
            break;
        handle(conn, &message, now_ms);
        zmq_msg_close(&message);
    }
    return n > 0;
}

/* --- the clock --- */

static void expire_waiting(connection *conn, int64_t now_ms) {
    for (int n = conn->waiting_count; n > 0; n--) {
        rpc_result *call = waiting_take(conn);
        if (now_ms >= waiting_ends_ms(call))
            rpc_result_fail(call, why_waiting_ended(conn, call, now_ms));
        else
            wait(conn, call);
    }
}

static void expire(connection *conn, int64_t now_ms) {
    if (now_ms < conn->expiry_ms)
        return;
    conn->expiry_ms = flight_fail(&conn->flight, now_ms, BH_REASON_DEADLINE_EXPIRED);
    expire_waiting(conn, now_ms);
}

static bool has_ended(connection *conn) {
    return conn->watch && zmq_recv(conn->watch, NULL, 0, ZMQ_DONTWAIT) >= 0;
}

/* Answers that came before the end are answers: they are taken before the rest is called unknown. */
static void end(connection *conn, int64_t now_ms) {
    while (connection_receive(conn, now_ms))
        continue;
    if (conn->socket)
        drop(conn, now_ms, "the connection ended");
}

static void tick_greeting(connection *conn, int64_t now_ms) {
    if (!conn->hello_sent)
        greet(conn);
    if (now_ms >= conn->state_until_ms)
        drop(conn, now_ms, "no greeting");
}

static void tick_ready(connection *conn, int64_t now_ms) {
    if (conn->pinged_ms && now_ms - conn->pinged_ms >= PONG_MS)
        drop(conn, now_ms, "no answer to a ping");
    else if (!conn->pinged_ms && now_ms - conn->heard_ms >= IDLE_MS && send_bare(conn, FRAME_PING, NULL))
        conn->pinged_ms = now_ms;
}

static void tick_resting(connection *conn, int64_t now_ms) {
    if (now_ms >= conn->state_until_ms)
        attempt(conn, now_ms);
}

void connection_tick(connection *conn, int64_t now_ms) {
    static void (*const tick[])(connection *, int64_t) = {
        [RESTING] = tick_resting,
        [GREETING] = tick_greeting,
        [READY] = tick_ready,
    };
    if (has_ended(conn))
        end(conn, now_ms);
    tick[conn->state](conn, now_ms);
    expire(conn, now_ms);
}

int64_t connection_due_ms(const connection *conn) {
    int64_t due_ms = conn->state_until_ms;
    if (conn->state == READY)
        due_ms = conn->pinged_ms ? conn->pinged_ms + PONG_MS : conn->heard_ms + IDLE_MS;
    return due_ms < conn->expiry_ms ? due_ms : conn->expiry_ms;
}

int connection_poll(const connection *conn, struct pollfd items[CONNECTION_POLL_ITEMS]) {
    if (!conn->socket)
        return 0;
    items[0] = (struct pollfd){ .fd = socket_fd(conn->socket), .events = POLLIN };
    items[1] = (struct pollfd){ .fd = socket_fd(conn->watch), .events = POLLIN };
    return 2;
}

void connection_close(connection *conn) {
    flight_fail(&conn->flight, INT64_MAX, BH_REASON_SHUTTING_DOWN);
    while (conn->waiting)
        rpc_result_fail(waiting_take(conn), BH_REASON_SHUTTING_DOWN);
    close_socket(conn);
}

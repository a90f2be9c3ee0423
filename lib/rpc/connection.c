#include "rpc/connection.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "bihuan/rpc/v1/envelope.pb-c.h"
#include "rpc/bundle.h"
#include "rpc/flight.h"
#include "rpc/guard.h"
#include "rpc/message.h"
#include "rpc/socket.h"
#include "rpc/standing.h"

enum {
    GREET_MS = 2000, /* from the attempt to the server's HELLO */
    IDLE_MS = 1000,  /* silence after which we ping */
    PONG_MS = 2000,  /* silence after the ping that means death */
    REST_MS_MIN = 50,
    REST_MS_MAX = 1000,
    BATCH_MAX = 64,
    CONNECTION_MEMORY_MAX = 64 << 10,
    STREAMED_MESSAGES_MAX = 1024, /* of all streams of a connection that may be on their way here */
    STREAMED_BYTES_MAX = 4 << 20,
};

typedef enum connection_state {
    RESTING,  /* no socket until rest_until_ms */
    GREETING, /* connecting, or our HELLO is not answered yet */
    READY,
    LEAVING, /* the server goes away: what is under way is finished, nothing else is sent */
} connection_state;

struct connection {
    arena *mem; /* owns the connection itself */
    const connection_setup *setup;
    const char *endpoint;
    const char *server_key;
    connection_state state;
    bool retired;
    standing standing;
    void *socket;
    void *watch;     /* tells when the socket is of no use any more */
    int64_t lost_ms; /* since when it has been away; 0 = it is ready, or was never tried */
    int64_t state_until_ms;
    int64_t heard_ms;
    int64_t pinged_ms; /* 0 = no ping is out */
    places places;
    bool has_news; /* about them */
    flight flight[FLIGHT_LANES];
    /* Calls of this turn, in the flight and not sent yet. Sent before any call is given back, which may free it. */
    bundle out;
    bool reads_bundles; /* the server does */
    int64_t expiry_ms;  /* no call ends before */
    credit arrived;     /* messages of streams that are not on their way any more, and not yet granted anew */
};

connection *connection_new(const connection_setup *setup, const rpc_peer *peer) {
    arena *mem = arena_new(CONNECTION_MEMORY_MAX);
    connection *conn = arena_alloc(mem, sizeof(*conn));
    conn->mem = mem;
    conn->setup = setup;
    conn->endpoint = arena_strdup(mem, peer->endpoint);
    conn->server_key = arena_strdup(mem, peer->public_key);
    conn->expiry_ms = INT64_MAX;
    for (flight_lane lane = 0; lane < FLIGHT_LANES; lane++)
        flight_init(&conn->flight[lane], lane);
    return conn;
}

bool connection_serves(const connection *conn, const rpc_peer *peer) {
    return !conn->retired && strcmp(conn->endpoint, peer->endpoint) == 0 &&
           strcmp(conn->server_key, peer->public_key) == 0;
}

bool connection_is_ready(const connection *conn) {
    return conn->state == READY;
}

const places *connection_places(const connection *conn) {
    return &conn->places;
}

bool connection_has_news(connection *conn) {
    bool has_news = conn->has_news;
    conn->has_news = false;
    return has_news;
}

static void enter(connection *conn, connection_state state, int64_t until_ms) {
    conn->state = state;
    conn->state_until_ms = until_ms;
}

/* --- the socket --- */

static void close_socket(connection *conn) {
    socket_disconnect(conn->socket, conn->watch);
    conn->watch = conn->socket = NULL;
}

/* Half to all of a quarter of the time it has been away: who is back is found soon, who stays away is asked seldom. */
static int64_t rest_ms(const connection *conn, int64_t now_ms) {
    int64_t most = (now_ms - conn->lost_ms) / 4;
    uint16_t random;
    random_bytes(&random, sizeof(random));
    most = most < REST_MS_MIN ? REST_MS_MIN : most < REST_MS_MAX ? most : REST_MS_MAX;
    return most / 2 + most / 2 * random / UINT16_MAX;
}

static void give_back(connection *conn, rpc_result *call, connection_verdict verdict, int64_t now_ms) {
    call->sent_on = NULL;
    conn->setup->back(call, verdict, now_ms);
}

static void give_all_back(connection *conn, inbox_node *calls, connection_verdict verdict, int64_t now_ms) {
    while (calls) {
        rpc_result *call = (rpc_result *) calls;
        calls = calls->next;
        give_back(conn, call, verdict, now_ms);
    }
}

/* The calls whose deadline is not after until_ms leave the flight. */
static inbox_node *take_due(connection *conn, int64_t until_ms) {
    inbox_node *due = NULL;
    conn->expiry_ms = INT64_MAX;
    for (flight_lane lane = 0; lane < FLIGHT_LANES; lane++)
        flight_take_due(&conn->flight[lane], until_ms, &due, &conn->expiry_ms);
    return due;
}

/* Closing throws the socket's queue away, so a server that comes back gets nothing stale, and cures a denial. */
static void drop(connection *conn, int64_t now_ms, const char *why) {
    if (!conn->lost_ms && conn->state != LEAVING)
        log_event(LOG_WARN, "rpc.connection_lost", "endpoint=%s: %s", conn->endpoint, why);
    if (conn->state == READY)
        standing_lost(&conn->standing, now_ms);
    if (!conn->lost_ms)
        conn->lost_ms = now_ms;
    close_socket(conn);
    enter(conn, RESTING, now_ms + rest_ms(conn, now_ms));
    give_all_back(conn, take_due(conn, INT64_MAX), CALL_LOST, now_ms);
}

/* Takes the message over; false when the connection does not take it. */
static bool send_message(connection *conn, zmq_msg_t *message) {
    bool sent = zmq_msg_send(message, conn->socket, ZMQ_DONTWAIT) >= 0;
    zmq_msg_close(message);
    return sent;
}

static bool send_bare(connection *conn, frame head, const ProtobufCMessage *meta) {
    zmq_msg_t message;
    message_init(&message, head, meta, 0);
    return send_message(conn, &message);
}

static void greet(connection *conn) {
    Bh__Rpc__Hello hello = BH__RPC__HELLO__INIT;
    hello.instance_id = (char *) conn->setup->instance_id;
    hello.message_size_max = FRAME_SIZE_MAX;
    frame head = { .kind = FRAME_HELLO, .messages = STREAMED_MESSAGES_MAX, .bytes = STREAMED_BYTES_MAX };
    conn->arrived = (credit){ 0 };
    send_bare(conn, head, &hello.base);
}

/* The greeting leaves as soon as there is a connection. */
static void attempt(connection *conn, int64_t now_ms) {
    conn->pinged_ms = 0;
    enter(conn, GREETING, now_ms + GREET_MS);
    conn->socket =
        socket_connect(conn->setup->context, &conn->setup->own, conn->endpoint, conn->server_key, &conn->watch);
    if (conn->socket)
        greet(conn);
    else
        drop(conn, now_ms, zmq_strerror(errno));
}

/* --- calls --- */

static flight_lane lane_for(const rpc_result *call) {
    return call->item ? FLIGHT_STREAMS : FLIGHT_CALLS;
}

int connection_load(const connection *conn, const rpc_result *call, int64_t now_ms) {
    const flight *f = &conn->flight[lane_for(call)];
    if (conn->state != READY || f->count == f->room)
        return CONNECTION_FULL;
    return f->count + (standing_is_ejected(&conn->standing, now_ms) ? f->room : 0);
}

static rpc_result *take(connection *conn, uint64_t call_id) {
    return flight_take(&conn->flight[flight_lane_of(call_id)], call_id);
}

/* What a socket that has just ended does not take is lost with the connection. */
static void flush(connection *conn) {
    zmq_msg_t message;
    if (!conn->out.n)
        return;
    bundle_make(&conn->out, &message);
    send_message(conn, &message);
    bundle_clear(&conn->out);
}

void connection_send(connection *conn, rpc_result *call, int64_t now_ms) {
    frame head;
    message_parse(&call->request, &head);
    head.call_id = call->call_id = flight_add(&conn->flight[lane_for(call)], call);
    int64_t left_ms = call->deadline_ms - now_ms;
    head.timeout_ms = left_ms < UINT32_MAX ? (uint32_t) left_ms : UINT32_MAX;
    frame_write(&head, zmq_msg_data(&call->request));
    call->sent_on = conn;
    if (call->deadline_ms < conn->expiry_ms)
        conn->expiry_ms = call->deadline_ms;
    /* The server keeps the message as long as one of its calls, and a stream is long. */
    bool alone = call->item || !conn->reads_bundles;
    if (!bundle_has_room(&conn->out, &call->request, alone))
        flush(conn);
    bundle_add(&conn->out, &call->request, call, alone);
}

/* The server need not work any longer for a call that has left the flight. A wish that gets lost does no harm: the call
 * has a deadline there too. */
static void send_cancel(connection *conn, const rpc_result *call) {
    send_bare(conn, (frame){ .kind = FRAME_CANCEL, .call_id = call->call_id }, NULL);
}

void connection_give_up(connection *conn, rpc_result *call, int64_t now_ms) {
    flush(conn); /* the call may be there */
    take(conn, call->call_id);
    send_cancel(conn, call);
    give_back(conn, call, CALL_GIVEN_UP, now_ms);
}

static void send_credit(connection *conn, uint64_t call_id, credit more) {
    frame head = { .kind = FRAME_CREDIT, .call_id = call_id, .messages = more.messages, .bytes = more.bytes };
    send_bare(conn, head, NULL);
}

void connection_grant(connection *conn, rpc_result *stream, credit more) {
    credit_grant(&stream->window, more);
    send_credit(conn, stream->call_id, more);
}

/* --- receiving --- */

static void learn_places(connection *conn, const frame *hello) {
    bh_call *call = call_new("hello", 0);
    ProtobufCMessage *message;
    bh_err *err = rpc_unpack(call, &bh__rpc__hello__descriptor, hello->meta, hello->meta_size, &message);
    if (err) {
        log_event(LOG_WARN, "rpc.bad_frame", "endpoint=%s: %s", conn->endpoint, err->en);
    } else {
        const Bh__Rpc__Hello *said = (const Bh__Rpc__Hello *) message;
        places now = { .n = 0 };
        for (size_t i = 0; i < said->n_places; i++)
            places_add(&now, said->places[i]->endpoint, said->places[i]->public_key);
        /* While it was away its word did not count: the same word is news again. */
        conn->has_news |= places_change(&conn->places, &now) || (conn->state == GREETING && now.n > 0);
    }
    call_free(call);
}

static void on_hello(connection *conn, const frame *hello) {
    learn_places(conn, hello);
    if (conn->state != GREETING)
        return;
    conn->reads_bundles = hello->flags & FRAME_BUNDLES;
    conn->lost_ms = 0;
    enter(conn, READY, INT64_MAX);
    log_event(LOG_INFO, "rpc.connected", "endpoint=%s", conn->endpoint);
}

static void on_goaway(connection *conn, int64_t now_ms) {
    if (conn->state == GREETING)
        drop(conn, now_ms, "the server is leaving");
    if (conn->state != READY)
        return;
    enter(conn, LEAVING, INT64_MAX);
    log_event(LOG_INFO, "rpc.leaving", "endpoint=%s", conn->endpoint);
}

/* What is not on its way any more makes room for as much, whoever it was for; half the window at a time. */
static void make_room(connection *conn, size_t size) {
    conn->arrived.messages++;
    conn->arrived.bytes += (uint32_t) size;
    if (conn->arrived.messages < STREAMED_MESSAGES_MAX / 2 && conn->arrived.bytes < STREAMED_BYTES_MAX / 2)
        return;
    send_credit(conn, 0, conn->arrived);
    conn->arrived = (credit){ 0 };
}

/* A stream with a gap is of no use: whoever made it comes again. */
static void on_data(connection *conn, const frame *item, int64_t now_ms) {
    rpc_result *call = flight_find(&conn->flight[FLIGHT_STREAMS], item->call_id);
    make_room(conn, item->payload_size);
    if (!call || rpc_result_item(call, item))
        return;
    log_event(LOG_ERROR, "rpc.stream_broken", "endpoint=%s", conn->endpoint);
    take(conn, item->call_id);
    send_cancel(conn, call);
    give_back(conn, call, CALL_LOST, now_ms);
}

static connection_verdict judge(connection *conn, const rpc_result *call, const frame *answer, int64_t now_ms) {
    if (answer->messages != call->items)
        return CALL_LOST;
    if (answer->flags & FRAME_NOT_PROCESSED)
        return conn->state == LEAVING ? CALL_TURNED_AWAY : CALL_REFUSED;
    if (answer->status == BH_UNAVAILABLE && !call->item)
        standing_failed(&conn->standing, now_ms);
    else
        standing_succeeded(&conn->standing);
    return CALL_ANSWERED;
}

static void on_end(connection *conn, zmq_msg_t *message, const frame *answer, int64_t now_ms) {
    rpc_result *call = take(conn, answer->call_id);
    if (!call)
        return;
    connection_verdict verdict = judge(conn, call, answer, now_ms);
    rpc_result_answer(call, message, answer);
    give_back(conn, call, verdict, now_ms);
}

static void handle(connection *conn, zmq_msg_t *message, const frame *received, int64_t now_ms) {
    if (received->kind == FRAME_HELLO)
        on_hello(conn, received);
    else if (received->kind == FRAME_GOAWAY)
        on_goaway(conn, now_ms);
    else if (received->kind == FRAME_END && received->call_id == 0)
        drop(conn, now_ms, "the server refuses us");
    else if (received->kind == FRAME_DATA)
        on_data(conn, received, now_ms);
    else if (received->kind == FRAME_END)
        on_end(conn, message, received, now_ms);
}

static void handle_all(connection *conn, zmq_msg_t *message, int64_t now_ms) {
    frame received;
    const char *fault;
    bundle_reader frames = bundle_open(message);
    conn->heard_ms = now_ms;
    conn->pinged_ms = 0;
    while (bundle_next(&frames, &received, &fault)) {
        if (fault)
            log_event(LOG_WARN, "rpc.bad_frame", "endpoint=%s: %s", conn->endpoint, fault);
        else
            handle(conn, message, &received, now_ms);
    }
}

bool connection_receive(connection *conn, int64_t now_ms) {
    int n = 0;
    zmq_msg_t message;
    flush(conn);
    for (; n < BATCH_MAX && conn->socket; n++) {
        zmq_msg_init(&message);
        if (zmq_msg_recv(&message, conn->socket, ZMQ_DONTWAIT) < 0)
            break;
        handle_all(conn, &message, now_ms);
        zmq_msg_close(&message);
    }
    return n > 0;
}

/* --- the clock --- */

static void expire(connection *conn, int64_t now_ms) {
    if (now_ms < conn->expiry_ms)
        return;
    inbox_node *due = take_due(conn, now_ms);
    for (inbox_node *node = due; node; node = node->next) {
        rpc_result *call = (rpc_result *) node;
        if (!call->item) /* a stream has its time, and is not late */
            standing_failed(&conn->standing, now_ms);
        send_cancel(conn, call);
    }
    give_all_back(conn, due, CALL_EXPIRED, now_ms);
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
    if (now_ms >= conn->state_until_ms)
        drop(conn, now_ms, "no greeting");
}

static void tick_ready(connection *conn, int64_t now_ms) {
    if (conn->pinged_ms && now_ms - conn->pinged_ms >= PONG_MS)
        drop(conn, now_ms, "no answer to a ping");
    else if (!conn->pinged_ms && now_ms - conn->heard_ms >= IDLE_MS &&
             send_bare(conn, (frame){ .kind = FRAME_PING }, NULL))
        conn->pinged_ms = now_ms;
}

static void tick_leaving(connection *conn, int64_t now_ms) {
    if (!conn->flight[FLIGHT_CALLS].count && !conn->flight[FLIGHT_STREAMS].count)
        drop(conn, now_ms, "the server is leaving");
    else
        tick_ready(conn, now_ms);
}

static void tick_resting(connection *conn, int64_t now_ms) {
    if (now_ms >= conn->state_until_ms && !conn->retired)
        attempt(conn, now_ms);
}

void connection_tick(connection *conn, int64_t now_ms) {
    static void (*const tick[])(connection *, int64_t) = {
        [RESTING] = tick_resting,
        [GREETING] = tick_greeting,
        [READY] = tick_ready,
        [LEAVING] = tick_leaving,
    };
    if (has_ended(conn))
        end(conn, now_ms);
    tick[conn->state](conn, now_ms);
    expire(conn, now_ms);
}

int64_t connection_due_ms(const connection *conn) {
    int64_t due_ms = connection_is_over(conn) ? INT64_MAX : conn->state_until_ms;
    if (conn->state == READY || conn->state == LEAVING)
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

void connection_retire(connection *conn, int64_t now_ms) {
    conn->retired = true;
    if (conn->state == READY)
        enter(conn, LEAVING, INT64_MAX);
    else if (conn->state == GREETING)
        drop(conn, now_ms, "no peer any more");
}

bool connection_is_over(const connection *conn) {
    return conn->retired && conn->state == RESTING;
}

void connection_free(connection *conn, int64_t now_ms) {
    give_all_back(conn, take_due(conn, INT64_MAX), CALL_ABANDONED, now_ms);
    close_socket(conn);
    for (flight_lane lane = 0; lane < FLIGHT_LANES; lane++)
        flight_free(&conn->flight[lane]);
    arena_free(conn->mem);
}

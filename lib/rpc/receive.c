#include <string.h>

#include "base/clock.h"
#include "rpc/message.h"
#include "rpc/server_parts.h"

enum { BATCH_MAX = 64 /* messages read before the workers get them */ };

static const char too_much_credit[] = "more credit than there may be";

static void skip_rest(void *socket) {
    zmq_msg_t part;
    zmq_msg_init(&part);
    do {
        zmq_msg_recv(&part, socket, ZMQ_DONTWAIT);
    } while (zmq_msg_more(&part));
    zmq_msg_close(&part);
}

/* One message. */
typedef struct arrival {
    zmq_msg_t route, message;
    bundle_reader frames;
    int64_t now_ms, wall_ms;
} arrival;

/* False when none waits. */
static bool receive(rpc_server *s, arrival *a) {
    if (zmq_msg_recv(&a->route, s->router, ZMQ_DONTWAIT) < 0)
        return false;
    if (!zmq_msg_more(&a->route)) {
        a->frames = (bundle_reader){ .is_whole = true, .fault = "no frame" };
        zmq_msg_close(&a->message);
        zmq_msg_init(&a->message);
        return true;
    }
    zmq_msg_recv(&a->message, s->router, ZMQ_DONTWAIT);
    a->frames = bundle_open(&a->message);
    if (zmq_msg_more(&a->message)) {
        a->frames.is_whole = true;
        a->frames.fault = "more than one frame";
        skip_rest(s->router);
    }
    return true;
}

/* CURVE proved the key when the connection was made; here it must still be allowed. No key, no caller. */
void server_identify(rpc_server *s, job *j, int64_t wall_ms) {
    const char *key = zmq_msg_gets(&j->request, "User-Id");
    const allow_row *row = key ? allow_find(s->allowed, key, wall_ms) : NULL;
    if (!row)
        return;
    j->role = row->role;
    memcpy(j->caller, row->name, strlen(row->name) + 1);
}

static credit granted(const job *j) {
    return (credit){ j->open.messages, j->open.bytes };
}

static void on_hello(rpc_server *s, job *j) {
    credit first = { 0 };
    bool leaving = atomic_load(&s->stopping);
    frame head = { .kind = leaving ? FRAME_GOAWAY : FRAME_HELLO, .flags = FRAME_BUNDLES };
    if (!credit_grant(&first, granted(j))) {
        j->fault = too_much_credit;
        server_refuse(s, j);
        return;
    }
    message_init(&j->reply, head, leaving ? NULL : &s->hello.base, 0);
    if (!leaving)
        routes_add(&s->greeted, s->router, &j->route, first);
    server_reply(s, j);
}

static void on_ping(rpc_server *s, job *j) {
    message_init(&j->reply, (frame){ .kind = FRAME_PONG }, NULL, 0);
    server_reply(s, j);
}

void server_hand_over(rpc_server *s, job *j) {
    j->node.next = NULL;
    *s->batch_end = &j->node;
    s->batch_end = &j->node.next;
}

/* Whoever opens a call with credit wants a stream. */
static void admit_stream(rpc_server *s, job *j) {
    route *caller = routes_find(&s->greeted, &j->route);
    bool fits = credit_grant(&j->stream.credit, granted(j));
    if (!fits || !credit_covers(&j->stream.credit))
        j->fault = "a stream begins with credit for a message of any size, and not for too many";
    else if (!caller || !jobs_stream(&s->jobs, j, caller))
        j->refusal = JOB_QUEUE_FULL;
}

static void on_open(rpc_server *s, job *j) {
    if (atomic_load(&s->stopping))
        j->refusal = JOB_SHUTTING_DOWN;
    else if (j->open.messages && !j->refusal)
        admit_stream(s, j);
    if (j->refusal || j->fault) {
        server_refuse(s, j);
        return;
    }
    jobs_enter(&s->jobs, j);
    if (j->stream.caller)
        streams_enter(&s->streams, j);
    else
        server_hand_over(s, j);
}

/* Whoever works for the call will notice, and so will whoever takes it up. It is answered as any other: once. */
static void on_cancel(rpc_server *s, job *j) {
    job *call = jobs_find(&s->jobs, j);
    if (call)
        atomic_store(&call->cancelled, true);
    if (call && call->stream.caller)
        server_end_if_over(s, call, j->arrived_ms);
    jobs_release(&s->jobs, j);
}

static void credit_caller(rpc_server *s, job *j) {
    route *caller = routes_find(&s->greeted, &j->route);
    if (!caller || credit_grant(&caller->credit, granted(j))) {
        jobs_release(&s->jobs, j);
        return;
    }
    j->fault = too_much_credit;
    server_refuse(s, j);
}

/* A call that is over by now, or has but one answer, has no use for it. */
static void credit_stream(rpc_server *s, job *j) {
    job *call = jobs_find(&s->jobs, j);
    if (call && call->stream.caller && !streams_grant(&s->streams, call, granted(j))) {
        call->stream.fault = too_much_credit;
        server_end_if_over(s, call, j->arrived_ms);
    }
    jobs_release(&s->jobs, j);
}

static void on_credit(rpc_server *s, job *j) {
    if (j->open.call_id)
        credit_stream(s, j);
    else
        credit_caller(s, j);
}

typedef void on_frame(rpc_server *s, job *j);

static on_frame *const on_kind[] = {
    [FRAME_HELLO] = on_hello,   [FRAME_OPEN] = on_open, [FRAME_CANCEL] = on_cancel,
    [FRAME_CREDIT] = on_credit, [FRAME_PING] = on_ping,
};

static void handle(rpc_server *s, job *j) {
    on_frame *on = j->open.kind < countof(on_kind) ? on_kind[j->open.kind] : NULL;
    if (!j->caller[0] || j->fault)
        server_refuse(s, j);
    else if (on)
        on(s, j);
    else
        jobs_release(&s->jobs, j);
}

/* Each frame is a job of its own; the bytes are shared. Returns how many there were. */
static int handle_all(rpc_server *s, arrival *a) {
    int n = 0;
    frame open;
    const char *fault;
    for (; bundle_next(&a->frames, &open, &fault); n++) {
        job *j = jobs_take(&s->jobs);
        zmq_msg_copy(&j->route, &a->route);
        message_share(&j->request, &a->message, &open);
        j->open = open;
        j->fault = fault;
        j->arrived_ms = j->queued_ms = a->now_ms;
        server_identify(s, j, a->wall_ms);
        handle(s, j);
    }
    return n;
}

bool server_receive(rpc_server *s, int64_t now_ms) {
    int n = 0;
    arrival a = { .now_ms = now_ms, .wall_ms = clock_now_ms() };
    zmq_msg_init(&a.route);
    zmq_msg_init(&a.message);
    for (server_flush(s); n < BATCH_MAX && receive(s, &a); server_flush(s))
        n += handle_all(s, &a);
    zmq_msg_close(&a.message);
    zmq_msg_close(&a.route);
    return n >= BATCH_MAX;
}

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "rpc/server_parts.h"

enum {
    LINES_SIZE = 16 << 10,
    PROBE_MS = 1000, /* how soon it shows that a caller with streams is gone */
};

/* Without MANDATORY the ROUTER would drop it silently; with it a vanished caller is an error we may ignore: the call
 * has taken effect, and the caller will ask again with the same request id. */
static bool send(rpc_server *s, job *j, zmq_msg_t *message) {
    zmq_msg_t name;
    zmq_msg_init(&name);
    zmq_msg_copy(&name, &j->route);
    bool sent = zmq_msg_send(&name, s->router, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 &&
                zmq_msg_send(message, s->router, ZMQ_DONTWAIT) >= 0;
    if (!sent)
        log_event(LOG_WARN, "rpc.reply_lost", "caller=%s: %s", j->caller, zmq_strerror(errno));
    zmq_msg_close(&name);
    return sent;
}

void server_flush(rpc_server *s) {
    zmq_msg_t message;
    bundle *out = &s->answers;
    if (!out->n)
        return;
    bundle_make(out, &message);
    send(s, out->part[0].owner, &message);
    zmq_msg_close(&message);
    for (int i = 0; i < out->n; i++)
        jobs_release(&s->jobs, out->part[i].owner);
    bundle_clear(out);
}

static void gather(rpc_server *s, job *j) {
    bundle *out = &s->answers;
    bool alone = !(j->open.flags & FRAME_BUNDLES);
    if (out->n && (!job_has_route_of(j, out->part[0].owner) || !bundle_has_room(out, &j->reply, alone)))
        server_flush(s);
    bundle_add(out, &j->reply, j, alone);
    if (j == &s->jobs.overflow) /* the next one needs its place */
        server_flush(s);
}

/* Whether a message of a stream could be sent must be known at once. */
void server_reply(rpc_server *s, job *j) {
    if (!j->stream.caller) {
        gather(s, j);
        return;
    }
    send(s, j, &j->reply);
    streams_leave(&s->streams, j);
    jobs_release(&s->jobs, j);
}

void server_refuse(rpc_server *s, job *j) {
    serve_job(&s->setup, s->scratch, j);
    log_write(j->line, j->line_size);
    server_reply(s, j);
}

/* Log lines first and in one go: a call that was answered has its line, whatever happens to this process then. */
static void write_log(inbox_node *node) {
    char lines[LINES_SIZE];
    size_t n = 0;
    for (; node; node = node->next) {
        job *j = (job *) node;
        if (n + j->line_size > sizeof(lines)) {
            log_write(lines, n);
            n = 0;
        }
        memcpy(lines + n, j->line, j->line_size);
        n += j->line_size;
    }
    log_write(lines, n);
}

/* --- streams --- */

static bool is_over(const job *j, int64_t now_ms) {
    return j->fault || j->refusal || !j->caller[0] || atomic_load(&j->cancelled) || now_ms >= serve_deadline_ms(j);
}

bool server_end_if_over(rpc_server *s, job *j, int64_t now_ms) {
    if (j->stream.state == STREAM_AT_WORK)
        return false;
    j->fault = j->stream.fault;
    if (atomic_load(&s->stopping))
        j->refusal = JOB_SHUTTING_DOWN;
    if (!is_over(j, now_ms))
        return false;
    server_refuse(s, j);
    return true;
}

/* A stream that is not over goes on, unless its caller can be told nothing more. */
static void on_step(rpc_server *s, job *j, int64_t now_ms) {
    streams_settle(&s->streams, j);
    if (j->stream.step == RPC_STEP_END) {
        server_reply(s, j);
        return;
    }
    if (j->stream.step == RPC_STEP_SEND && !send(s, j, &j->reply))
        atomic_store(&j->cancelled, true);
    if (!server_end_if_over(s, j, now_ms))
        streams_place(&s->streams, j);
}

void server_send_replies(rpc_server *s, int64_t now_ms) {
    inbox_node *node = inbox_take(&s->replies);
    if (node)
        write_log(node);
    while (node) {
        job *j = (job *) node;
        node = node->next;
        if (j->stream.caller)
            on_step(s, j, now_ms);
        else
            server_reply(s, j);
    }
}

/* The key must still be allowed, the caller be there, the deadline ahead. */
static void look_at_stream(rpc_server *s, job *j, int64_t now_ms, int64_t wall_ms) {
    if (j->stream.state == STREAM_AT_WORK)
        return;
    j->caller[0] = '\0';
    server_identify(s, j, wall_ms);
    if (j->stream.caller->state == ROUTE_GONE)
        atomic_store(&j->cancelled, true);
    server_end_if_over(s, j, now_ms);
}

void server_look_after_streams(rpc_server *s, int64_t now_ms) {
    if (!s->streams.ring || now_ms - s->looked_ms < SERVER_LOOK_MS)
        return;
    int64_t wall_ms = clock_now_ms();
    s->looked_ms = now_ms;
    if (now_ms - s->probed_ms >= PROBE_MS) {
        s->probed_ms = now_ms;
        routes_probe(&s->greeted, s->router);
    }
    streams_look(&s->streams, now_ms);
    job *j = s->streams.ring;
    for (int n = atomic_load(&s->jobs.streams); n > 0; n--) {
        job *next = j->stream.next;
        look_at_stream(s, j, now_ms, wall_ms);
        j = next;
    }
}

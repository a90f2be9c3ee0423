#include "ask.h"

#include "base/clock.h"
#include "rpc/guard.h"

/* One call under way; lives in the arena of its stream, which it holds. */
typedef struct question {
    ask_note note; /* first */
    http_holder holder;
    asker *by;
    http_stream *s;
    ask_done *done;
    void *data;
    rpc_result *call;
} question;

bool asker_open(asker *by, rpc_client *client) {
    by->client = client;
    return inbox_open(&by->answers) && inbox_sleep(&by->answers);
}

/* Runs in the runtime's thread, maybe before rpc_start has returned. */
static void answered(void *data, UNUSED rpc_result *result) {
    question *q = data;
    inbox_put(&q->by->answers, &q->note.node);
}

/* The answer comes all the same, and says that there is none. */
static void left(http_holder *holder) {
    question *q = (question *) ((char *) holder - offsetof(question, holder));
    rpc_cancel(q->by->client, q->call);
}

static void deliver(ask_note *note) {
    question *q = (question *) note;
    http_stream *s = q->s;
    if (!http_is_gone(s) && !http_is_answered(s)) {
        size_t n = 0;
        const bh_err *error = rpc_result_error(s->call, q->call);
        const uint8_t *bytes = error ? NULL : rpc_result_payload(q->call, &n);
        q->done(s, q->data, error, bytes, n);
    }
    rpc_result_free(q->call);
    http_release(s, &q->holder);
}

/* `request` says what is asked of whom. */
static void start(asker *by, http_stream *s, rpc_request request, ask_done *done, void *data) {
    question *q = arena_alloc(s->call->mem, sizeof(*q));
    *q = (question){ .by = by, .s = s, .done = done, .data = data, .holder.left = left, .note.deliver = deliver };
    http_hold(s, &q->holder);
    int64_t wait_ms = clock_mono_ms() + s->app->timeout_ms; /* a long upload has a later deadline */
    request.trace_id = s->call->trace_id;
    request.who = s->call->who.user_id ? &s->call->who : NULL;
    request.deadline_ms = wait_ms < s->call->deadline_ms ? wait_ms : s->call->deadline_ms;
    q->call = rpc_start(by->client, &request, answered, q);
}

void ask(asker *by, http_stream *s, const char *path, const void *payload, size_t n, ask_done *done, void *data) {
    start(by, s, (rpc_request){ .method = path, .payload = payload, .payload_size = n }, done, data);
}

void ask_health(asker *by, http_stream *s, const char *service, ask_done *done, void *data) {
    start(by, s, (rpc_request){ .method = "/bihuan.v1.HealthService/CheckHealth", .server = service }, done, data);
}

void ask_message(asker *by, http_stream *s, const char *path, const ProtobufCMessage *message, ask_done *done,
                 void *data) {
    size_t n;
    const uint8_t *bytes = rpc_pack(s->call->mem, message, &n);
    ask(by, s, path, bytes, n, done, data);
}

static void hand_on(inbox_node *node) {
    ask_note *note = (ask_note *) node;
    note->deliver(note);
}

void ask_ready(void *data) {
    asker *by = data;
    inbox_serve(&by->answers, hand_on);
}

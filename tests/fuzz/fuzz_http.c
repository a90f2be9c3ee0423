/* Bytes of an HTTP/2 connection from anybody, through the whole gateway; only the services behind it are played. */
#include <assert.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bihuan/v1/directory_service.pb-c.h"
#include "gateway/gateway.h"
#include "rpc/guard.h"

enum { PENDING_MAX = 256, CHUNK = 700 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

typedef struct question {
    http_holder holder;
    http_stream *s;
    const char *path;
    ask_done *done;
    void *data;
} question;

static question *pending[PENDING_MAX];
static size_t pending_count;

bool rpc_client_is_ready(UNUSED const rpc_client *client, UNUSED const char *service) {
    return true;
}

void ask(UNUSED asker *by, http_stream *s, const char *path, UNUSED const void *payload, UNUSED size_t n,
         ask_done *done, void *data) {
    assert(pending_count < PENDING_MAX);
    question *q = arena_alloc(s->call->mem, sizeof(*q));
    *q = (question){ .s = s, .path = path, .done = done, .data = data };
    http_hold(s, &q->holder);
    pending[pending_count++] = q;
}

void ask_message(asker *by, http_stream *s, const char *path, const ProtobufCMessage *message, ask_done *done,
                 void *data) {
    size_t n;
    const uint8_t *bytes = rpc_pack(s->call->mem, message, &n);
    ask(by, s, path, bytes, n, done, data);
}

void ask_health(asker *by, http_stream *s, const char *service, ask_done *done, void *data) {
    ask(by, s, service, NULL, 0, done, data);
}

/* A stream: one message, then its end. */
static struct stream_call {
    rpc_item *item;
    rpc_done *done;
    void *data;
} stream_calls[PENDING_MAX];
static size_t stream_count;

rpc_result *rpc_stream(UNUSED rpc_client *client, UNUSED const rpc_request *request, rpc_item *item, rpc_done *done,
                       void *data) {
    assert(stream_count < PENDING_MAX);
    stream_calls[stream_count++] = (struct stream_call){ item, done, data };
    return (rpc_result *) stream_calls; /* nobody looks into it */
}

void rpc_accept(UNUSED rpc_client *client, UNUSED rpc_result *stream, UNUSED size_t bytes) {
}

void rpc_cancel(UNUSED rpc_client *client, UNUSED rpc_result *result) {
}

bh_err *rpc_result_error(UNUSED bh_call *call, UNUSED const rpc_result *result) {
    return NULL;
}

void rpc_result_free(UNUSED rpc_result *result) {
}

void disk_submit(UNUSED disk *d, disk_job *job, http_stream *s, disk_step *work, disk_step *done) {
    job->s = s;
    work(job);
    done(job);
}

bh_code copies_fetch(UNUSED const copies *c, UNUSED const char *digest) {
    return BH_DATA_LOSS;
}

bool copies_offer(UNUSED const copies *c, UNUSED char *const *digests, UNUSED size_t n, UNUSED bool is_awaited) {
    return true;
}

/* Everybody is logged in; every other answer is an error or empty. */
static void answer(question *q) {
    Bh__CheckSessionResponse session = BH__CHECK_SESSION_RESPONSE__INIT;
    session.user_id = 7;
    session.login = (char[]){ "handler01" };
    uint8_t bytes[64];
    size_t n = strstr(q->path, "CheckSession") ? protobuf_c_message_pack(&session.base, bytes) : 0;
    const bh_err *error = strstr(q->path, "List") ? bh_fail(q->s->call, STALE_VERSION, "x", "2") : NULL;
    if (!http_is_gone(q->s) && !http_is_answered(q->s))
        q->done(q->s, q->data, error, bytes, n);
    http_release(q->s, &q->holder);
}

static gateway gw;

static void deliver_all(void) {
    for (inbox_node *node = inbox_take(&gw.asker.answers); node;) {
        inbox_node *next = node->next;
        ((ask_note *) node)->deliver((ask_note *) node);
        node = next;
    }
}

static void answer_all(void) {
    static const uint8_t message[] = { 0x10, 7 };
    while (pending_count > 0)
        answer(pending[--pending_count]);
    while (stream_count > 0) {
        const struct stream_call *call = &stream_calls[--stream_count];
        call->item(call->data, message, sizeof(message));
        call->done(call->data, NULL);
    }
    deliver_all();
}

static void take_all(http_session *session) {
    const uint8_t *out;
    while (http_session_take(session, &out) > 0)
        continue;
}

static evidence_store store;

static char folder[] = "/tmp/bihuan-fuzz-XXXXXX";

static int remove_entry(const char *path, UNUSED const struct stat *st, UNUSED int type, UNUSED struct FTW *where) {
    return remove(path);
}

static void remove_store(void) {
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void open_store(void) {
    bh_call *c = call_new("fuzz", 1000);
    assert(mkdtemp(folder) && !evidence_open(c, folder, &store) && inbox_open(&gw.asker.answers));
    store.size_max = 100000;
    atexit(remove_store);
    call_free(c);
}

static void feed(http_session *session, const uint8_t *bytes, size_t n) {
    bool is_open = true;
    for (size_t at = 0; at < n && is_open; at += CHUNK) {
        is_open = http_session_feed(session, bytes + at, n - at < CHUNK ? n - at : CHUNK);
        answer_all();
        take_all(session);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
    if (!store.folder)
        open_store();
    static const limit_settings max = { .calls_max = 50,
                                        .own_calls_max = 40,
                                        .own_rate = 1000000,
                                        .own_burst = 1000,
                                        .streams_max = 50,
                                        .own_streams_max = 40 };
    limits_init(&gw.limits, &max);
    gw.app = (http_app){
        .begin = gateway_begin, .whole = gateway_whole, .gone = gateway_gone, .data = &gw, .timeout_ms = 1000
    };
    gw.evidence = store;
    http_session *session = http_session_new(&gw.app);
    feed(session, (const uint8_t *) preface, sizeof(preface) - 1);
    feed(session, bytes, n);
    http_session_tick(session, INT64_MAX);
    take_all(session);
    http_session_free(session);
    answer_all();
    assert(gw.app.streams == 0);
    return 0;
}

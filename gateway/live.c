#include "live.h"

#include "base/clock.h"
#include "envelope.h"
#include "gateway.h"
#include "refuse.h"
#include "rpc/guard.h"
#include "session.h"
#include "json/json.h"

/* One open stream; lives in the arena of its http_stream, which it holds until the call has ended. */
typedef struct live {
    ask_note over; /* first: the call has ended */
    http_holder holder;
    asker *by;
    http_stream *s;
    live_request request;
    principal who;    /* as it was opened */
    rpc_result *call; /* NULL: it has ended */
    int64_t check_ms; /* when the session is looked at again */
} live;

/* One message on its way out: as it came, then as the client wants it. */
typedef struct item {
    ask_note note; /* first */
    http_piece piece;
    live *owner;
    size_t size; /* of the message, as the service sent it */
    uint8_t bytes[];
} item;

/* ---- messages: from the runtime's thread through ours to the client ---- */

/* Room for a message of n bytes behind its envelope. */
static item *item_new(live *l, size_t n) {
    item *it = malloc(sizeof(*it) + ENVELOPE_SIZE + n);
    if (!it)
        abort();
    *it = (item){ .owner = l, .piece = { .bytes = it->bytes, .size = ENVELOPE_SIZE + n } };
    envelope_write(it->bytes, 0, n);
    return it;
}

/* The client has it, or has left: the service may send as much more. */
static void item_done(UNUSED http_stream *s, http_piece *piece) {
    item *it = (item *) ((char *) piece - offsetof(item, piece));
    live *l = it->owner;
    if (l->call)
        rpc_accept(l->by->client, l->call, it->size);
    free(it);
}

static bh_err *to_json(bh_call *c, live *l, const item *it, item **ret_text) {
    ProtobufCMessage *message;
    buf text;
    buf_init(&text, c->mem);
    TRY(rpc_unpack(c, l->request.route->method->output, it->bytes + ENVELOPE_SIZE, it->size, &message));
    json_write(&text, message, 0);
    *ret_text = item_new(l, text.n);
    memcpy((*ret_text)->bytes + ENVELOPE_SIZE, text.s, text.n);
    (*ret_text)->size = it->size;
    return NULL;
}

static void push(live *l, item *it) {
    it->piece.done = item_done;
    http_push(l->s, &it->piece);
}

/* Ends the stream from our side. */
static void end(live *l, const bh_err *error) {
    refuse(l->s, error);
    if (l->call)
        rpc_cancel(l->by->client, l->call);
}

static void push_json(live *l, item *it) {
    bh_call *c = call_new("", 0); /* its memory goes with the message */
    item *text;
    bh_err *error = to_json(c, l, it, &text);
    if (error)
        end(l, error);
    else
        push(l, text);
    free(it);
    call_free(c);
}

static void deliver(ask_note *note) {
    item *it = (item *) note;
    live *l = it->owner;
    if (!http_is_open(l->s))
        free(it);
    else if (l->request.media->is_json)
        push_json(l, it);
    else
        push(l, it);
}

/* In the runtime's thread. */
static void received(void *data, const uint8_t *payload, size_t n) {
    live *l = data;
    item *it = item_new(l, n);
    it->note.deliver = deliver;
    it->size = n;
    memcpy(it->bytes + ENVELOPE_SIZE, payload, n);
    inbox_put(&l->by->answers, &it->note.node);
}

/* ---- the end ---- */

/* In the runtime's thread; behind the last message. */
static void ended(void *data, UNUSED rpc_result *result) {
    live *l = data;
    inbox_put(&l->by->answers, &l->over.node);
}

/* The time of a stream is over unless the client himself named an earlier one. */
static const bh_err *what_ended(live *l) {
    bh_call *c = l->s->call;
    const bh_err *error = rpc_result_error(c, l->call);
    bool is_ours = error && error->code == BH_DEADLINE_EXCEEDED && clock_mono_ms() < l->request.until_ms;
    return is_ours ? bh_fail(c, STREAM_OVER) : error;
}

static void over(ask_note *note) {
    live *l = (live *) note;
    http_stream *s = l->s;
    rpc_result *call = l->call;
    if (http_is_open(s)) {
        const bh_err *error = what_ended(l);
        if (error)
            refuse(s, error);
        else
            finished(s);
    }
    l->call = NULL;
    rpc_result_free(call);
    http_release(s, &l->holder);
}

static void left(http_holder *holder) {
    live *l = (live *) ((char *) holder - offsetof(live, holder));
    rpc_cancel(l->by->client, l->call);
}

/* ---- while it is open ---- */

static const settings *settings_of(const http_stream *s) {
    return &((const gateway *) s->app->data)->settings;
}

static bool is_same(const principal *a, const principal *b) {
    return a->user_id == b->user_id && a->unit_id == b->unit_id && a->post == b->post && a->leader_id == b->leader_id;
}

/* Whoever has another post now comes again as who he is. */
static void checked(http_stream *s, const bh_err *error) {
    live *l = s->live;
    if (error && error->code != BH_UNAUTHENTICATED)
        l->check_ms = clock_mono_ms() + settings_of(s)->stream_check_ms / 3; /* nobody could say */
    else if (error)
        end(l, error);
    else if (!is_same(&l->who, &s->call->who))
        end(l, bh_fail(s->call, STREAM_OVER));
}

void live_tick(http_stream *s, int64_t mono_ms) {
    live *l = s->live;
    if (mono_ms < l->check_ms)
        return;
    l->check_ms = mono_ms + settings_of(s)->stream_check_ms;
    session_check(l->by, s, checked);
}

void live_drain(http_stream *s) {
    end(s->live, bh_fail(s->call, SHUTTING_DOWN));
}

/* ---- the beginning ---- */

/* Streams that were opened together are not checked together. */
static int64_t spread(int64_t range_ms) {
    enum { STEP = 7919 };
    static int64_t turn; /* one thread */
    turn += STEP;
    return range_ms > 0 ? turn % range_ms : 0;
}

static void start(live *l) {
    http_stream *s = l->s;
    int64_t now_ms = clock_mono_ms(), end_ms = now_ms + settings_of(s)->stream_ms;
    const rpc_request request = {
        .method = l->request.route->path,
        .trace_id = s->call->trace_id,
        .who = &l->who,
        .deadline_ms = l->request.until_ms < end_ms ? l->request.until_ms : end_ms,
        .payload = l->request.payload,
        .payload_size = l->request.payload_size,
    };
    l->check_ms = now_ms + settings_of(s)->stream_check_ms - spread(settings_of(s)->stream_check_ms / 2);
    http_hold(s, &l->holder);
    l->call = rpc_stream(l->by->client, &request, received, ended, l);
}

void live_begin(asker *by, http_stream *s, const live_request *r) {
    gateway *gw = s->app->data;
    bh_err *error = s->app->is_draining ? bh_fail(s->call, SHUTTING_DOWN) : limits_stream(&gw->limits, s);
    if (error)
        return refuse(s, error);
    live *l = arena_alloc(s->call->mem, sizeof(*l));
    *l = (live){ .over.deliver = over, .holder.left = left, .by = by, .s = s, .request = *r, .who = s->call->who };
    s->live = l;
    const http_header headers[] = { { "content-type", r->media->type }, r->media->protocol->accepts };
    http_open(s, headers, countof(headers));
    start(l);
}

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "rpc/server_parts.h"
#include "rpc/socket.h"
#include "rpc/zap.h"

enum {
    WORKERS_DEFAULT = 64,
    WORKERS_MAX = 1024,
    QUEUE_DEFAULT = 1024,
    QUEUE_MAX = 1 << 16,
    STREAMS_DEFAULT = 4096,
    STREAMS_MAX = 1 << 16,
    STACK_SIZE = 1 << 20,
    REFRESH_MS = 500, /* how soon a changed allow-list counts */
    DRAIN_MS = 3000,  /* for callers to go when the server stops */
    TELL_MS = 20,     /* how often they are told meanwhile */
    HELD_MAX = 32,    /* replies to quick calls of which a worker tells in one go */
    FLUSH_MS = 1000,  /* for the last replies after that */
    SERVER_MEMORY_MAX = 64 << 20,
};

/* --- opening --- */

static void make_jobs(rpc_server *s, const rpc_server_options *options) {
    int calls = s->workers + (options->queue_max ? options->queue_max : QUEUE_DEFAULT);
    int open = options->streams_max ? options->streams_max : STREAMS_DEFAULT;
    assert(calls > 0 && calls <= QUEUE_MAX + WORKERS_MAX && open > 0 && open <= STREAMS_MAX);
    jobs_init(&s->jobs, s->mem, calls, open);
    streams_init(&s->streams, s->workers);
}

static void make_hello(rpc_server *s, const rpc_service *services, size_t n) {
    char **names = arena_array(s->mem, n, sizeof(*names));
    for (size_t i = 0; i < n; i++)
        names[i] = (char *) services[i].vtable->descriptor->name;
    s->hello = (Bh__Rpc__Hello) BH__RPC__HELLO__INIT;
    s->hello.instance_id = trace_id_new(s->mem);
    s->hello.services = names;
    s->hello.n_services = n;
    s->hello.message_size_max = FRAME_SIZE_MAX;
    for (size_t i = 0; i < RPC_PLACES_MAX; i++) {
        s->said_place[i] = (Bh__Rpc__Place) BH__RPC__PLACE__INIT;
        s->said_place[i].endpoint = s->said.at[i].endpoint;
        s->said_place[i].public_key = s->said.at[i].public_key;
        s->said_list[i] = &s->said_place[i];
    }
    s->hello.places = s->said_list;
}

static bh_err *open_sockets(bh_call *call, rpc_server *s, const char *endpoint) {
    s->context = zmq_ctx_new();
    /* The answer to "may this key connect?" must stand before anybody can ask. */
    s->zap = s->context ? zap_open(s->context) : NULL;
    s->router = s->zap ? socket_listen(s->context, &s->key, endpoint) : NULL;
    if (!s->router)
        return bh_fail(call, ENDPOINT_UNUSABLE, endpoint, zmq_strerror(errno));
    s->zap_fd = socket_fd(s->zap);
    s->router_fd = socket_fd(s->router);
    s->endpoint = socket_endpoint(s->router, s->mem);
    return NULL;
}

static bh_err *open_parts(bh_call *call, rpc_server *s, const rpc_server_options *options, const rpc_service *services,
                          size_t n) {
    TRY(methods_build(call, s->mem, services, n, options->streams, &s->setup.methods));
    TRY(rpc_key_load(call, options->key_file, &s->key));
    TRY(allow_open(call, options->allow_file, &s->allowed));
    return open_sockets(call, s, options->endpoint);
}

bh_err *rpc_server_open(bh_call *call, const rpc_server_options *options, const rpc_service *services, size_t n,
                        rpc_server **ret_server) {
    arena *mem = arena_new(SERVER_MEMORY_MAX);
    rpc_server *s = arena_alloc(mem, sizeof(*s));
    s->mem = mem;
    pthread_mutex_init(&s->places_lock, NULL);
    s->workers = options->workers ? options->workers : WORKERS_DEFAULT;
    s->setup.site_id = options->site_id;
    s->setup.backend = options->backend;
    s->scratch = serve_arena();
    s->waiting = queue_new(mem, s->workers);
    make_jobs(s, options);
    s->batch_end = &s->batch;
    make_hello(s, services, n);
    bh_err *err = inbox_open(&s->replies) ? open_parts(call, s, options, services, n)
                                          : bh_fail(call, ENDPOINT_UNUSABLE, options->endpoint, strerror(errno));
    if (err) {
        rpc_server_close(s);
        return err;
    }
    log_event(LOG_INFO, "rpc.listen", "name=%s endpoint=%s workers=%d", options->name, s->endpoint, s->workers);
    *ret_server = s;
    return NULL;
}

void rpc_server_close(rpc_server *s) {
    if (!s)
        return;
    socket_close(s->router, FLUSH_MS);
    socket_close(s->zap, 0);
    if (s->context)
        zmq_ctx_term(s->context);
    if (s->replies.fd >= 0)
        inbox_close(&s->replies);
    allow_close(s->allowed);
    queue_free(s->waiting);
    arena_free(s->scratch);
    pthread_mutex_destroy(&s->places_lock);
    arena_free(s->mem);
}

const char *rpc_server_endpoint(const rpc_server *s) {
    return s->endpoint;
}

const char *rpc_server_public_key(const rpc_server *s) {
    return s->key.public_text;
}

/* What came in this turn, and the steps that may begin. */
static void put_batch(rpc_server *s, int64_t now_ms) {
    for (job *j; (j = streams_next(&s->streams, &s->greeted)) != NULL; server_hand_over(s, j))
        j->queued_ms = now_ms;
    if (s->batch)
        queue_put(s->waiting, s->batch);
    s->batch = NULL;
    s->batch_end = &s->batch;
}

/* --- running --- */

/* Waking the thread that sends costs more than a quick call, so it is told of many replies in one go. A reply never
 * waits for a slow call: while calls wait, that thread looks by itself (queue_watch). */
static void *work(void *data) {
    rpc_server *s = data;
    arena *mem = serve_arena();
    int held = 0;
    for (job *j = queue_take(s->waiting), *next; j; j = next) {
        int64_t began_ms = clock_mono_ms();
        serve_job(&s->setup, mem, j);
        inbox_add(&s->replies, &j->node);
        next = queue_next(s->waiting, clock_mono_ms() - began_ms);
        if (!next || ++held == HELD_MAX) {
            inbox_tell(&s->replies);
            held = 0;
        }
        if (!next)
            next = queue_take(s->waiting);
    }
    arena_free(mem);
    return NULL;
}

/* A server with fewer threads than it was told to have would only be slow, and nobody would know why: it stops. */
static void start_workers(rpc_server *s) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    s->threads = arena_array(s->mem, (size_t) s->workers, sizeof(*s->threads));
    for (int i = 0; i < s->workers; i++) {
        if (pthread_create(&s->threads[i], &attributes, work, s) != 0) {
            log_event(LOG_ERROR, "rpc.workers", "only %d of %d threads", i, s->workers);
            s->workers = i;
            atomic_store(&s->stopping, true);
        }
    }
    pthread_attr_destroy(&attributes);
}

static void say_places(rpc_server *s) {
    pthread_mutex_lock(&s->places_lock);
    s->said = s->places;
    pthread_mutex_unlock(&s->places_lock);
    s->hello.n_places = s->said.n;
    routes_tell(&s->greeted, s->router, FRAME_HELLO, &s->hello.base);
}

/* Rare work, once a millisecond at most: libzmq makes system calls for every look at a socket with nothing in it. True
 * when somebody asked: then somebody else may wait. */
static bool attend(rpc_server *s, int64_t now_ms) {
    if (now_ms == s->attended_ms)
        return false;
    if (now_ms - s->refreshed_ms >= REFRESH_MS) {
        s->refreshed_ms = now_ms;
        allow_refresh(s->allowed);
    }
    if (atomic_exchange(&s->places_are_new, false))
        say_places(s);
    bool asked = zap_serve(s->zap, s->allowed);
    s->attended_ms = asked ? 0 : now_ms;
    return asked;
}

/* The last look at either socket found nothing, which is what socket_fd asks for. */
static void wait_for_work(rpc_server *s, int64_t now_ms) {
    enum { ROUTER, ZAP, REPLIES, ITEMS };
    struct pollfd items[ITEMS] = {
        [ROUTER] = { .fd = s->router_fd, .events = POLLIN },
        [ZAP] = { .fd = s->zap_fd, .events = POLLIN },
        [REPLIES] = { .fd = s->replies.fd, .events = POLLIN },
    };
    int most_ms = atomic_load(&s->stopping) ? TELL_MS : s->streams.ring ? SERVER_LOOK_MS : REFRESH_MS;
    int watch_ms = queue_watch(s->waiting, now_ms);
    if (!inbox_sleep(&s->replies))
        return;
    poll(items, ITEMS, watch_ms < 0 ? most_ms : watch_ms);
    inbox_awake(&s->replies, items[REPLIES].revents);
    if (items[ZAP].revents)
        s->attended_ms = 0;
}

/* Tells every caller again and again, for the ROUTER says then who has gone. True when the calls accepted are answered
 * and the callers gone, which is when nothing of theirs can be on its way to us any more. */
static bool has_drained(rpc_server *s, int64_t now_ms) {
    if (!s->drained_ms)
        s->drained_ms = now_ms + DRAIN_MS;
    if (now_ms - s->told_ms >= TELL_MS) {
        s->told_ms = now_ms;
        routes_tell(&s->greeted, s->router, FRAME_GOAWAY, NULL);
    }
    return !s->jobs.calls && !s->jobs.streams && (!s->greeted.here || now_ms >= s->drained_ms);
}

void rpc_server_run(rpc_server *s) {
    start_workers(s);
    for (int64_t now_ms = clock_mono_ms(); !atomic_load(&s->stopping) || !has_drained(s, now_ms);
         now_ms = clock_mono_ms()) {
        bool asked = attend(s, now_ms);
        server_send_replies(s, now_ms);
        server_look_after_streams(s, now_ms);
        bool more = server_receive(s, now_ms);
        put_batch(s, now_ms);
        if (!asked && !more)
            wait_for_work(s, now_ms);
    }
    queue_close(s->waiting);
    for (int i = 0; i < s->workers; i++)
        pthread_join(s->threads[i], NULL);
}

void rpc_server_tell_places(rpc_server *s, const places *others) {
    pthread_mutex_lock(&s->places_lock);
    bool changed = places_change(&s->places, others);
    pthread_mutex_unlock(&s->places_lock);
    if (!changed)
        return;
    atomic_store(&s->places_are_new, true);
    inbox_wake(&s->replies);
}

void rpc_server_stop(rpc_server *s) {
    atomic_store(&s->stopping, true);
    inbox_wake(&s->replies);
}

void rpc_server_wake(rpc_server *s) {
    if (s)
        atomic_store(&s->streams.woken, true);
}

void rpc_server_metrics(const rpc_server *s, buf *out) {
    tally_write(out, &s->setup.methods);
    metric_head(out, "bihuan_rpc_calls_open", "gauge", "Calls that wait for a worker or are at work.");
    metric_sample(out, "bihuan_rpc_calls_open", "", (uint64_t) atomic_load(&s->jobs.calls));
    metric_head(out, "bihuan_rpc_streams_open", "gauge", "Streams that are not over.");
    metric_sample(out, "bihuan_rpc_streams_open", "", (uint64_t) atomic_load(&s->jobs.streams));
    metric_head(out, "bihuan_rpc_stream_messages_total", "counter", "Messages sent on streams.");
    metric_sample(out, "bihuan_rpc_stream_messages_total", "", atomic_load(&s->streams.sent));
    metric_head(out, "bihuan_rpc_stream_stalls_total", "counter",
                "Streams that had to wait until their client takes more.");
    metric_sample(out, "bihuan_rpc_stream_stalls_total", "", atomic_load(&s->streams.stalls));
}

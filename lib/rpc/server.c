#include "rpc/server.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "bihuan/rpc/v1/envelope.pb-c.h"
#include "rpc/jobs.h"
#include "rpc/keys.h"
#include "rpc/message.h"
#include "rpc/queue.h"
#include "rpc/routes.h"
#include "rpc/serve.h"
#include "rpc/socket.h"
#include "rpc/zap.h"

enum {
    WORKERS_DEFAULT = 64,
    WORKERS_MAX = 1024,
    QUEUE_DEFAULT = 1024,
    QUEUE_MAX = 1 << 16,
    STACK_SIZE = 1 << 20,
    BATCH_MAX = 64,   /* messages read before the workers get them */
    REFRESH_MS = 500, /* how soon a changed allow-list counts */
    LINES_SIZE = 16 << 10,
    DRAIN_MS = 3000, /* for callers to go when the server stops */
    TELL_MS = 20,    /* how often they are told meanwhile */
    HELD_MAX = 32,   /* replies to quick calls of which a worker tells in one go */
    FLUSH_MS = 1000, /* for the last replies after that */
    SERVER_MEMORY_MAX = 64 << 20,
};

struct rpc_server {
    arena *mem;
    rpc_key key;
    allow_list *allowed;
    serve_setup setup;
    Bh__Rpc__Hello hello;
    void *context;
    void *zap;
    void *router;
    int zap_fd;
    int router_fd;
    const char *endpoint;
    queue *waiting;
    inbox replies;
    jobs jobs;
    routes greeted;
    pthread_mutex_t places_lock;
    places places;              /* as told; under the lock */
    atomic_bool places_are_new; /* since the callers heard of them */
    places said;                /* in our HELLO */
    char *said_list[RPC_PLACES_MAX];
    inbox_node *batch; /* accepted in this turn, oldest first */
    inbox_node **batch_end;
    pthread_t *threads;
    int workers;
    arena *scratch; /* for calls refused by the I/O thread */
    int64_t attended_ms;
    int64_t refreshed_ms;
    atomic_bool stopping;
    int64_t drained_ms; /* when callers that stay have had their time; 0 = not stopping */
    int64_t told_ms;
};

/* --- opening --- */

static int job_count(const rpc_server *s, const rpc_server_options *options) {
    int n = s->workers + (options->queue_max ? options->queue_max : QUEUE_DEFAULT);
    assert(n > 0 && n <= QUEUE_MAX + WORKERS_MAX);
    return n;
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
    for (size_t i = 0; i < RPC_PLACES_MAX; i++)
        s->said_list[i] = s->said.endpoint[i];
    s->hello.endpoints = s->said_list;
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
    TRY(methods_build(call, s->mem, services, n, &s->setup.methods));
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
    jobs_init(&s->jobs, mem, job_count(s, options));
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

/* Without MANDATORY the ROUTER would drop it silently; with it a vanished caller is an error we may ignore: the call
 * has taken effect, and the caller will ask again with the same request id. */
static void reply(rpc_server *s, job *j) {
    if (zmq_msg_send(&j->route, s->router, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
        log_event(LOG_WARN, "rpc.reply_lost", "caller=%s: %s", j->caller, zmq_strerror(errno));
    else if (zmq_msg_send(&j->reply, s->router, ZMQ_DONTWAIT) < 0)
        log_event(LOG_ERROR, "rpc.reply_lost", "caller=%s: %s", j->caller, zmq_strerror(errno));
    jobs_release(&s->jobs, j);
}

/* --- receiving --- */

static void skip_rest(void *socket) {
    zmq_msg_t part;
    zmq_msg_init(&part);
    do {
        zmq_msg_recv(&part, socket, ZMQ_DONTWAIT);
    } while (zmq_msg_more(&part));
    zmq_msg_close(&part);
}

/* Reads one message into the job; false when none waits. */
static bool receive(rpc_server *s, job *j) {
    if (zmq_msg_recv(&j->route, s->router, ZMQ_DONTWAIT) < 0)
        return false;
    if (!zmq_msg_more(&j->route)) {
        j->fault = "no frame";
        return true;
    }
    zmq_msg_recv(&j->request, s->router, ZMQ_DONTWAIT);
    j->fault = message_parse(&j->request, &j->open);
    if (zmq_msg_more(&j->request)) {
        j->fault = "more than one frame";
        skip_rest(s->router);
    }
    return true;
}

/* CURVE proved the key when the connection was made; here it must still be allowed. No key, no caller. */
static void identify(rpc_server *s, job *j, int64_t wall_ms) {
    const char *key = zmq_msg_gets(&j->request, "User-Id");
    const allow_row *row = key ? allow_find(s->allowed, key, wall_ms) : NULL;
    if (!row)
        return;
    j->role = row->role;
    memcpy(j->caller, row->name, strlen(row->name) + 1);
}

static void answer_here(rpc_server *s, job *j) {
    serve_job(&s->setup, s->scratch, j);
    log_write(j->line, j->line_size);
    reply(s, j);
}

static void on_hello(rpc_server *s, job *j) {
    bool leaving = atomic_load(&s->stopping);
    frame head = { .kind = leaving ? FRAME_GOAWAY : FRAME_HELLO };
    message_init(&j->reply, head, leaving ? NULL : &s->hello.base, 0);
    if (!leaving)
        routes_add(&s->greeted, s->router, &j->route);
    reply(s, j);
}

static void on_ping(rpc_server *s, job *j) {
    message_init(&j->reply, (frame){ .kind = FRAME_PONG }, NULL, 0);
    reply(s, j);
}

static void on_open(rpc_server *s, job *j) {
    if (atomic_load(&s->stopping))
        j->refusal = JOB_SHUTTING_DOWN;
    if (j->refusal) {
        answer_here(s, j);
        return;
    }
    jobs_enter(&s->jobs, j);
    *s->batch_end = &j->node;
    s->batch_end = &j->node.next;
}

/* Whoever works for the call will notice, and so will whoever takes it up. It is answered as any other: once. */
static void on_cancel(rpc_server *s, job *j) {
    job *call = jobs_find(&s->jobs, j);
    if (call)
        atomic_store(&call->cancelled, true);
    jobs_release(&s->jobs, j);
}

typedef void on_frame(rpc_server *s, job *j);

static on_frame *const on_kind[] = {
    [FRAME_HELLO] = on_hello,
    [FRAME_OPEN] = on_open,
    [FRAME_CANCEL] = on_cancel,
    [FRAME_PING] = on_ping,
};

static void handle(rpc_server *s, job *j, int64_t now_ms, int64_t wall_ms) {
    j->arrived_ms = now_ms;
    identify(s, j, wall_ms);
    on_frame *on = j->open.kind < countof(on_kind) ? on_kind[j->open.kind] : NULL;
    if (!j->caller[0] || j->fault)
        answer_here(s, j);
    else if (on)
        on(s, j);
    else
        jobs_release(&s->jobs, j);
}

/* Reads what waits, at most BATCH_MAX messages, and hands the calls over in one go; false when nothing waits now. */
static bool receive_batch(rpc_server *s, int64_t now_ms) {
    int n = 0;
    int64_t wall_ms = clock_now_ms();
    s->batch = NULL;
    s->batch_end = &s->batch;
    for (; n < BATCH_MAX; n++) {
        job *j = jobs_take(&s->jobs);
        if (!receive(s, j)) {
            jobs_release(&s->jobs, j);
            break;
        }
        handle(s, j, now_ms, wall_ms);
    }
    if (s->batch)
        queue_put(s->waiting, s->batch);
    return n == BATCH_MAX;
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

static void send_replies(rpc_server *s) {
    inbox_node *node = inbox_take(&s->replies);
    if (node)
        write_log(node);
    while (node) {
        job *j = (job *) node;
        node = node->next;
        reply(s, j);
    }
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
    s->hello.n_endpoints = s->said.n;
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
    int most_ms = atomic_load(&s->stopping) ? TELL_MS : REFRESH_MS;
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
    return !s->jobs.busy && (!s->greeted.n || now_ms >= s->drained_ms);
}

void rpc_server_run(rpc_server *s) {
    start_workers(s);
    for (int64_t now_ms = clock_mono_ms(); !atomic_load(&s->stopping) || !has_drained(s, now_ms);
         now_ms = clock_mono_ms()) {
        bool asked = attend(s, now_ms);
        send_replies(s);
        bool more = receive_batch(s, now_ms);
        if (!asked && !more)
            wait_for_work(s, now_ms);
    }
    queue_close(s->waiting);
    for (int i = 0; i < s->workers; i++)
        pthread_join(s->threads[i], NULL);
}

void rpc_server_tell_places(rpc_server *s, const char *const *endpoints, size_t n) {
    pthread_mutex_lock(&s->places_lock);
    bool changed = places_set(&s->places, endpoints, n);
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

void rpc_server_metrics(const rpc_server *s, buf *out) {
    tally_write(out, &s->setup.methods);
    metric_head(out, "bihuan_rpc_calls_open", "gauge", "Calls that wait for a worker or are at work.");
    metric_sample(out, "bihuan_rpc_calls_open", "", (uint64_t) atomic_load(&s->jobs.busy));
}

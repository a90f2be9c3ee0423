#include "rpc/client.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "rpc/channel.h"
#include "rpc/guard.h"

enum { PEERS_MAX = 64, CLIENT_MEMORY_MAX = 16 << 20, WAIT_MS_MAX = 1000 };

struct rpc_client {
    arena *mem;
    connection_setup setup;
    bool gateway;
    inbox requests;
    connection *connections[PEERS_MAX];
    size_t connection_count;
    channel *channels[PEERS_MAX];
    size_t channel_count;
    int64_t ticked_ms;
    pthread_t thread;
    atomic_bool stopping;
};

/* --- opening --- */

static connection *connection_to(rpc_client *client, const rpc_peer *peer) {
    for (size_t i = 0; i < client->connection_count; i++)
        if (connection_serves(client->connections[i], peer))
            return client->connections[i];
    connection *conn = connection_new(client->mem, &client->setup, peer);
    client->connections[client->connection_count++] = conn;
    return conn;
}

static channel *channel_of(const rpc_client *client, const char *service) {
    for (size_t i = 0; i < client->channel_count; i++)
        if (strcmp(channel_service(client->channels[i]), service) == 0)
            return client->channels[i];
    return NULL;
}

static bool add_instance(rpc_client *client, const rpc_peer *peer) {
    channel *ch = channel_of(client, peer->service);
    if (!ch) {
        ch = channel_new(client->mem, peer->service);
        client->channels[client->channel_count++] = ch;
    }
    return channel_add(ch, connection_to(client, peer));
}

/* --- the thread --- */

static bool take_requests(rpc_client *client, int64_t now_ms) {
    inbox_node *node = inbox_take(&client->requests);
    bool any = node != NULL;
    while (node) {
        rpc_result *call = (rpc_result *) node;
        node = node->next;
        channel *ch = channel_of(client, call->argument);
        if (call->failed)
            rpc_result_finish(call);
        else if (!ch)
            rpc_result_fail(call, BH_REASON_SERVICE_UNREACHABLE);
        else
            channel_submit(ch, call, now_ms);
    }
    return any;
}

/* The last thing done with a socket before the wait must be a receive that finds nothing: see socket_fd. */
static bool receive_all(rpc_client *client, int64_t now_ms) {
    bool any = false;
    for (size_t i = 0; i < client->connection_count; i++)
        any |= connection_receive(client->connections[i], now_ms);
    return any;
}

static bool serve(rpc_client *client) {
    int64_t now_ms = clock_mono_ms();
    bool busy = take_requests(client, now_ms) | receive_all(client, now_ms);
    /* Once a millisecond is enough, and libzmq makes system calls for every look at a socket with nothing in it. */
    if (now_ms != client->ticked_ms)
        for (size_t i = 0; i < client->connection_count; i++)
            connection_tick(client->connections[i], now_ms);
    client->ticked_ms = now_ms;
    for (size_t i = 0; i < client->channel_count; i++)
        channel_pump(client->channels[i], now_ms);
    return busy;
}

static int64_t sooner(int64_t a_ms, int64_t b_ms) {
    return a_ms < b_ms ? a_ms : b_ms;
}

static int time_to_wait(const rpc_client *client) {
    int64_t now_ms = clock_mono_ms();
    int64_t due_ms = now_ms + WAIT_MS_MAX;
    for (size_t i = 0; i < client->connection_count; i++)
        due_ms = sooner(due_ms, connection_due_ms(client->connections[i]));
    for (size_t i = 0; i < client->channel_count; i++)
        due_ms = sooner(due_ms, channel_due_ms(client->channels[i]));
    return due_ms > now_ms ? (int) (due_ms - now_ms) : 0;
}

static void wait_for_work(rpc_client *client) {
    struct pollfd items[1 + PEERS_MAX * CONNECTION_POLL_ITEMS] = { { .fd = client->requests.fd, .events = POLLIN } };
    nfds_t n = 1;
    if (receive_all(client, clock_mono_ms()) || !inbox_sleep(&client->requests))
        return;
    for (size_t i = 0; i < client->connection_count; i++)
        n += (nfds_t) connection_poll(client->connections[i], items + n);
    poll(items, n, time_to_wait(client));
    inbox_awake(&client->requests);
    client->ticked_ms = 0;
}

static void *run(void *data) {
    rpc_client *client = data;
    while (!atomic_load(&client->stopping))
        if (!serve(client))
            wait_for_work(client);
    for (size_t i = 0; i < client->connection_count; i++)
        connection_close(client->connections[i], clock_mono_ms());
    for (size_t i = 0; i < client->channel_count; i++)
        channel_close(client->channels[i]);
    return NULL;
}

/* --- life --- */

static bh_err *read_files(bh_call *call, rpc_client *client, const rpc_client_options *options) {
    rpc_peer *peers;
    size_t n;
    TRY(rpc_key_load(call, options->key_file, &client->setup.own));
    TRY(rpc_peers_load(call, options->peers_file, &peers, &n));
    if (n > PEERS_MAX)
        return bh_fail(call, TABLE_UNUSABLE, options->peers_file, "too many rows");
    for (size_t i = 0; i < n; i++)
        if (!add_instance(client, &peers[i]))
            return bh_fail(call, TABLE_UNUSABLE, options->peers_file, "too many instances of one service");
    return NULL;
}

static bh_err *start(bh_call *call, rpc_client *client, const rpc_client_options *options) {
    if (!client->setup.context)
        return bh_fail(call, ENDPOINT_UNUSABLE, "client", strerror(errno));
    TRY(read_files(call, client, options));
    if (!inbox_open(&client->requests))
        return bh_fail(call, ENDPOINT_UNUSABLE, "client", strerror(errno));
    if (pthread_create(&client->thread, NULL, run, client) == 0)
        return NULL;
    inbox_close(&client->requests);
    return bh_fail(call, ENDPOINT_UNUSABLE, "client", "no thread");
}

bh_err *rpc_client_open(bh_call *call, const rpc_client_options *options, rpc_client **ret_client) {
    arena *mem = arena_new(CLIENT_MEMORY_MAX);
    rpc_client *client = arena_alloc(mem, sizeof(*client));
    *client = (rpc_client){
        .mem = mem,
        .setup = {
            .context = zmq_ctx_new(),
            .instance_id = trace_id_new(mem),
            .back = channel_take_back,
        },
        .gateway = options->gateway,
    };
    bh_err *err = start(call, client, options);
    if (err) {
        if (client->setup.context)
            zmq_ctx_term(client->setup.context);
        arena_free(mem);
        return err;
    }
    *ret_client = client;
    return NULL;
}

void rpc_client_close(rpc_client *client) {
    if (!client)
        return;
    atomic_store(&client->stopping, true);
    inbox_wake(&client->requests);
    pthread_join(client->thread, NULL);
    zmq_ctx_term(client->setup.context);
    inbox_close(&client->requests);
    arena_free(client->mem);
}

bool rpc_client_is_ready(const rpc_client *client, const char *service) {
    const channel *ch = channel_of(client, service);
    return ch && channel_is_ready(ch);
}

/* --- calls --- */

void rpc_start(rpc_client *client, const rpc_request *request, rpc_done *done, void *data) {
    inbox_put(&client->requests, &rpc_result_new(request, done, data)->node);
}

/* A thread that waits for its call. */
typedef struct waiter {
    sem_t done;
    rpc_result *result;
} waiter;

static void wake(void *data, rpc_result *result) {
    waiter *w = data;
    w->result = result;
    sem_post(&w->done);
}

static rpc_result *start_and_wait(rpc_client *client, const rpc_request *request) {
    waiter w;
    sem_init(&w.done, 0, 0);
    rpc_start(client, request, wake, &w);
    /* The client's thread ends every call at its deadline at the latest. */
    while (sem_wait(&w.done) != 0)
        continue;
    sem_destroy(&w.done);
    return w.result;
}

static bh_err *unpack_response(bh_call *c, const rpc_result *result, const ProtobufCMessageDescriptor *type,
                               ProtobufCMessage **ret_response) {
    TRY(rpc_result_error(c, result));
    size_t size;
    const uint8_t *bytes = rpc_result_payload(result, &size);
    bh_err *err = rpc_unpack(c, type, bytes, size, ret_response);
    return err ? bh_fail(c, INTERNAL_ERROR, arena_printf(c->mem, "%s: %s", type->name, err->en)) : NULL;
}

bh_err *rpc_call(rpc_client *client, bh_call *c, const ProtobufCServiceDescriptor *service, const char *method,
                 const ProtobufCMessage *request, ProtobufCMessage **ret_response) {
    const ProtobufCMethodDescriptor *type = protobuf_c_service_descriptor_get_method_by_name(service, method);
    assert(type);
    size_t size = protobuf_c_message_get_packed_size(request);
    uint8_t *bytes = arena_alloc(c->mem, size);
    protobuf_c_message_pack(request, bytes);
    rpc_request raw = {
        .method = arena_printf(c->mem, "/%s/%s", service->name, method),
        .trace_id = c->trace_id,
        .who = client->gateway ? &c->who : NULL,
        .deadline_ms = c->deadline_ms,
        .payload = bytes,
        .payload_size = size,
    };
    rpc_result *result = start_and_wait(client, &raw);
    bh_err *err = unpack_response(c, result, type->output, ret_response);
    rpc_result_free(result);
    return err;
}

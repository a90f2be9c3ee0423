#include "rpc/client.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "rpc/guard.h"
#include "rpc/roster.h"

enum { CLIENT_MEMORY_MAX = 16 << 20 };

struct rpc_client {
    arena *mem;
    connection_setup setup;
    bool gateway;
    inbox errands;
    roster roster;
    const char *const *repeatable;
    size_t repeatable_count;
    int64_t ticked_ms;
    pthread_t thread;
    atomic_bool stopping;
};

/* --- the thread --- */

static void submit(rpc_client *client, rpc_result *call, int64_t now_ms) {
    channel *ch = roster_find(&client->roster, call->argument);
    if (call->failed)
        rpc_result_finish(call);
    else if (!ch)
        rpc_result_fail(call, BH_REASON_SERVICE_UNREACHABLE);
    else
        channel_submit(ch, call, now_ms);
}

static void give_up(UNUSED rpc_client *client, rpc_result *call, int64_t now_ms) {
    if (!call->has_ended)
        channel_give_up(call, now_ms);
    rpc_result_free(call);
}

/* What is accepted after this look sends the errand again. */
static void grant(UNUSED rpc_client *client, rpc_result *call, UNUSED int64_t now_ms) {
    atomic_store(&call->is_accepting, false);
    credit more = { atomic_exchange(&call->messages, 0), atomic_exchange(&call->bytes, 0) };
    if (!call->has_ended && call->sent_on)
        connection_grant(call->sent_on, call, more);
    rpc_result_free(call);
}

static void run_errands(rpc_client *client, int64_t now_ms) {
    inbox_node *node = inbox_take(&client->errands);
    while (node) {
        rpc_errand *errand = (rpc_errand *) node;
        node = node->next;
        errand->run(client, errand->call, now_ms);
    }
}

/* False when nothing came: the last thing done with every socket is a receive that found nothing, as roster_poll wants
 * it. */
static bool serve(rpc_client *client) {
    int64_t now_ms = clock_mono_ms();
    /* Once a millisecond is enough, and libzmq makes system calls for every look at a socket with nothing in it. */
    if (now_ms != client->ticked_ms)
        roster_tick(&client->roster, now_ms);
    client->ticked_ms = now_ms;
    run_errands(client, now_ms);
    roster_pump(&client->roster, now_ms);
    return roster_receive(&client->roster, now_ms);
}

static void wait_for_work(rpc_client *client) {
    struct pollfd items[1 + ROSTER_POLL_ITEMS] = { { .fd = client->errands.fd, .events = POLLIN } };
    if (!inbox_sleep(&client->errands))
        return;
    nfds_t n = 1 + roster_poll(&client->roster, items + 1);
    int64_t wait_ms = roster_due_ms(&client->roster) - clock_mono_ms();
    poll(items, n, wait_ms > 0 ? (int) wait_ms : 0);
    inbox_awake(&client->errands, items[0].revents);
    client->ticked_ms = 0;
}

static void *run(void *data) {
    rpc_client *client = data;
    while (!atomic_load(&client->stopping))
        if (!serve(client))
            wait_for_work(client);
    run_errands(client, clock_mono_ms());
    roster_close(&client->roster);
    return NULL;
}

/* --- life --- */

static bh_err *start(bh_call *call, rpc_client *client, const rpc_client_options *options) {
    if (!client->setup.context)
        return bh_fail(call, ENDPOINT_UNUSABLE, "client", strerror(errno));
    TRY(rpc_key_load(call, options->key_file, &client->setup.own));
    TRY(roster_open(call, &client->roster, client->mem, &client->setup, options->peers_file));
    if (!inbox_open(&client->errands))
        return bh_fail(call, ENDPOINT_UNUSABLE, "client", strerror(errno));
    if (pthread_create(&client->thread, NULL, run, client) == 0)
        return NULL;
    inbox_close(&client->errands);
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
        .repeatable = options->repeatable,
        .gateway = options->gateway,
    };
    while (client->repeatable && client->repeatable[client->repeatable_count])
        client->repeatable_count++;
    bh_err *err = start(call, client, options);
    if (err) {
        roster_close(&client->roster);
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
    inbox_wake(&client->errands);
    pthread_join(client->thread, NULL);
    zmq_ctx_term(client->setup.context);
    inbox_close(&client->errands);
    arena_free(client->mem);
}

bool rpc_client_is_ready(const rpc_client *client, const char *service) {
    const channel *ch = roster_find(&client->roster, service);
    return ch && channel_is_ready(ch);
}

/* --- calls --- */

static int compare_texts(const void *a, const void *b) {
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static bool is_repeatable(const rpc_client *client, const char *method) {
    return client->repeatable &&
           bsearch(&method, client->repeatable, client->repeatable_count, sizeof(method), compare_texts);
}

static void send_errand(rpc_client *client, rpc_errand *errand) {
    inbox_put(&client->errands, &errand->node);
}

rpc_result *rpc_stream(rpc_client *client, const rpc_request *request, rpc_item *item, rpc_done *done, void *data) {
    rpc_result *call = rpc_result_new(request, item, done, data);
    call->start = (rpc_errand){ .call = call, .run = submit };
    call->cancel = (rpc_errand){ .call = call, .run = give_up };
    call->accept = (rpc_errand){ .call = call, .run = grant };
    call->repeatable = is_repeatable(client, request->method);
    send_errand(client, &call->start);
    return call;
}

rpc_result *rpc_start(rpc_client *client, const rpc_request *request, rpc_done *done, void *data) {
    return rpc_stream(client, request, NULL, done, data);
}

/* The errand arrives behind the one that starts the call. */
void rpc_cancel(rpc_client *client, rpc_result *result) {
    if (atomic_exchange(&result->is_cancelled, true))
        return;
    rpc_result_hold(result);
    send_errand(client, &result->cancel);
}

/* Half the window at a time is soon enough. */
void rpc_accept(rpc_client *client, rpc_result *stream, size_t bytes) {
    uint32_t messages = atomic_fetch_add(&stream->messages, 1) + 1;
    uint32_t sum = atomic_fetch_add(&stream->bytes, (uint32_t) bytes) + (uint32_t) bytes;
    bool is_soon = messages < STREAM_MESSAGES_MAX / 2 && sum < STREAM_BYTES_MAX / 2;
    if (is_soon || atomic_exchange(&stream->is_accepting, true))
        return;
    rpc_result_hold(stream);
    send_errand(client, &stream->accept);
}

/* A thread waits for it, now or later. */
struct rpc_pending {
    sem_t done;
    rpc_result *result;
    const ProtobufCMessageDescriptor *type; /* of the response */
};

static void wake(void *data, rpc_result *result) {
    rpc_pending *pending = data;
    pending->result = result;
    sem_post(&pending->done);
}

static bh_err *unpack_response(bh_call *c, const rpc_result *result, const ProtobufCMessageDescriptor *type,
                               ProtobufCMessage **ret_response) {
    TRY(rpc_result_error(c, result));
    size_t size;
    const uint8_t *bytes = rpc_result_payload(result, &size);
    bh_err *err = rpc_unpack(c, type, bytes, size, ret_response);
    return err ? bh_fail(c, INTERNAL_ERROR, arena_printf(c->mem, "%s: %s", type->name, err->en)) : NULL;
}

static rpc_pending *begin(rpc_client *client, const char *server, bh_call *c, const ProtobufCServiceDescriptor *service,
                          const char *method, const ProtobufCMessage *request) {
    const ProtobufCMethodDescriptor *type = protobuf_c_service_descriptor_get_method_by_name(service, method);
    assert(type);
    size_t size = protobuf_c_message_get_packed_size(request);
    uint8_t *bytes = arena_alloc(c->mem, size);
    protobuf_c_message_pack(request, bytes);
    rpc_request raw = {
        .method = arena_printf(c->mem, "/%s/%s", service->name, method),
        .server = server,
        .trace_id = c->trace_id,
        .who = client->gateway ? &c->who : NULL,
        .deadline_ms = c->deadline_ms,
        .payload = bytes,
        .payload_size = size,
    };
    rpc_pending *pending = arena_alloc(c->mem, sizeof(*pending));
    pending->type = type->output;
    sem_init(&pending->done, 0, 0);
    rpc_start(client, &raw, wake, pending);
    return pending;
}

rpc_pending *rpc_begin(rpc_client *client, bh_call *c, const ProtobufCServiceDescriptor *service, const char *method,
                       const ProtobufCMessage *request) {
    return begin(client, NULL, c, service, method, request);
}

bh_err *rpc_end(rpc_pending *pending, bh_call *c, ProtobufCMessage **ret_response) {
    /* The client's thread ends every call at its deadline at the latest. */
    while (sem_wait(&pending->done) != 0)
        continue;
    sem_destroy(&pending->done);
    bh_err *err = unpack_response(c, pending->result, pending->type, ret_response);
    rpc_result_free(pending->result);
    return err;
}

bh_err *rpc_call(rpc_client *client, bh_call *c, const ProtobufCServiceDescriptor *service, const char *method,
                 const ProtobufCMessage *request, ProtobufCMessage **ret_response) {
    return rpc_end(rpc_begin(client, c, service, method, request), c, ret_response);
}

bh_err *rpc_call_at(rpc_client *client, const char *server, bh_call *c, const ProtobufCServiceDescriptor *service,
                    const char *method, const ProtobufCMessage *request, ProtobufCMessage **ret_response) {
    return rpc_end(begin(client, server, c, service, method, request), c, ret_response);
}

#include "echo.h"

#include <arpa/inet.h>
#include <assert.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "echo_methods.h"

/* --- the service --- */

BH_RPC(Test__EchoService, echo, Test__EchoRequest, Test__EchoResponse) {
    resp->text = req->text;
    return NULL;
}

BH_RPC(Test__EchoService, describe, Test__DescribeRequest, Test__DescribeResponse) {
    resp->login = (char *) c->who.login;
    resp->caller = (char *) c->who.service;
    resp->left_ms = c->deadline_ms - clock_mono_ms();
    resp->trace_id = (char *) c->trace_id;
    resp->attempt = c->attempt;
    resp->begun = atomic_load((atomic_int *) c->backend);
    resp->pid = getpid();
    return NULL;
}

static const char *repeat(arena *mem, const char *character, int32_t n) {
    buf text;
    buf_init(&text, mem);
    for (int32_t i = 0; i < n; i++)
        buf_adds(&text, character);
    return text.s;
}

BH_RPC(Test__EchoService, fail, Test__FailRequest, Test__FailResponse) {
    return bh_err_raw(c, (bh_err){
                             .code = BH_ABORTED,
                             .reason = "STALE_VERSION",
                             .zh = req->length ? repeat(c->mem, "督", req->length) : "已被他人更新",
                             .en = req->length ? repeat(c->mem, "x", req->length) : "It has moved.",
                             .unblock_zh = "督查室",
                             .unblock_en = "supervision office",
                             .file = __FILE__,
                             .line = __LINE__,
                         });
}

void echo_sleep(int64_t ms) {
    struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    nanosleep(&time, NULL);
}

static atomic_bool released;

void echo_release(void) {
    atomic_store(&released, true);
}

static void stay(bh_call *c, int64_t ms, bool is_held) {
    atomic_fetch_add((atomic_int *) c->backend, 1);
    echo_sleep(ms);
    while (is_held && !atomic_load(&released))
        echo_sleep(1);
}

BH_RPC(Test__EchoService, sleep, Test__SleepRequest, Test__SleepResponse) {
    stay(c, req->ms, req->held);
    return NULL;
}

BH_RPC(Test__EchoService, ponder, Test__PonderRequest, Test__PonderResponse) {
    stay(c, req->ms, req->held);
    return NULL;
}

static bh_err *wait_until_over(bh_call *c) {
    bh_err *err;
    while (!(err = call_check(c)))
        echo_sleep(1);
    return err;
}

bh_err *(*echo_linger)(bh_call *c) = wait_until_over;
static atomic_int lingered;

int echo_lingered(void) {
    return atomic_load(&lingered);
}

void echo_wait_lingered(int n) {
    while (echo_lingered() < n)
        echo_sleep(1);
}

BH_RPC(Test__EchoService, linger, Test__LingerRequest, Test__LingerResponse) {
    atomic_fetch_add((atomic_int *) c->backend, 1);
    bh_err *err = echo_linger(c);
    atomic_fetch_add(&lingered, 1);
    return err;
}

BH_RPC(Test__EchoService, grow, Test__GrowRequest, Test__GrowResponse) {
    resp->bytes.len = (size_t) req->size;
    resp->bytes.data = arena_alloc(c->mem, (size_t) req->size);
    return NULL;
}

static bh_err *do_nothing(UNUSED bh_call *c) {
    return NULL;
}

bh_err *(*echo_step)(bh_call *c) = do_nothing;
static atomic_llong counted;
static atomic_int steps;

void echo_count_to(int64_t n) {
    atomic_store(&counted, n);
}

int echo_steps(void) {
    return atomic_load(&steps);
}

BH_RPC_STREAM(Test__EchoService, count, Test__CountRequest, Test__CountResponse) {
    atomic_fetch_add(&steps, 1);
    TRY(echo_step(c));
    if (req->end && req->next == req->end)
        return NULL;
    if (req->fails_at && req->next == req->fails_at)
        return bh_fail(c, QUEUE_FULL);
    if (req->waits && req->next >= atomic_load(&counted)) {
        *ret_step = RPC_STEP_WAIT;
        return NULL;
    }
    resp->number = req->next++;
    resp->bytes.len = (size_t) req->size;
    resp->bytes.data = arena_alloc(c->mem, (size_t) req->size);
    *ret_step = RPC_STEP_SEND;
    return NULL;
}

BH_RPC(Test__EchoService, guarded, Test__GuardedRequest, Test__GuardedResponse) {
    return NULL;
}

BH_RPC(Test__EchoService, inside, Test__InsideRequest, Test__InsideResponse) {
    resp->caller = (char *) c->who.service;
    return NULL;
}

static Bh__Test__EchoService_Service echo_vtable = BH__TEST__ECHO_SERVICE__INIT(rpc_);

static const rpc_rule echo_rules[] = {
    { "Echo", RPC_USER, 0 },       { "Describe", RPC_PUBLIC, 0 }, { "Fail", RPC_PUBLIC, 0 },
    { "Sleep", RPC_PUBLIC, 0 },    { "Grow", RPC_PUBLIC, 0 },     { "Guarded", RPC_USER, 1u << ECHO_POST },
    { "Inside", RPC_INTERNAL, 0 }, { "Ponder", RPC_PUBLIC, 0 },   { "Linger", RPC_PUBLIC, 0 },
    { "Count", RPC_PUBLIC, 0 },
};

static bh_err *refuse_post(bh_call *call, uint32_t posts) {
    return bh_fail(call, POST_REFUSED, arena_printf(call->mem, "%u", (unsigned) posts));
}

const rpc_service echo_services[1] = { { &echo_vtable.base, echo_rules, countof(echo_rules), refuse_post } };

/* --- the site --- */

static const char *const key_names[ECHO_KEYS] = { "echo", "front", "progress", "probe", "stranger" };

void echo_write(const char *path, const char *text) {
    char temporary[512];
    snprintf(temporary, sizeof(temporary), "%s.new", path);
    FILE *file = fopen(temporary, "we");
    assert(file);
    fputs(text, file);
    fclose(file);
    assert(rename(temporary, path) == 0);
}

void echo_allow(echo_site *site, const char *gateway_suffix) {
    const char *front = "";
    if (gateway_suffix)
        front = arena_printf(site->call->mem, "front gateway %s %s\n", site->keys[ECHO_GATEWAY].public_text,
                             gateway_suffix);
    echo_write(site->allow_file,
               arena_printf(site->call->mem, "# who may connect\n%sprogress service %s\nprobe tool %s\n", front,
                            site->keys[ECHO_SERVICE].public_text, site->keys[ECHO_TOOL].public_text));
}

void echo_site_init(echo_site *site) {
    *site = (echo_site){ .call = call_new("test", 60 * 1000) };
    char dir[] = "/tmp/bihuan-rpc-XXXXXX";
    assert(mkdtemp(dir));
    arena *mem = site->call->mem;
    site->dir = arena_strdup(mem, dir);
    for (int i = 0; i < ECHO_KEYS; i++) {
        site->key_file[i] = arena_printf(mem, "%s/%s.key", dir, key_names[i]);
        assert(!rpc_key_create(site->call, site->key_file[i], &site->keys[i]));
    }
    site->allow_file = arena_printf(mem, "%s/allow", dir);
    site->peers_file = arena_printf(mem, "%s/peers", dir);
    echo_allow(site, "");
}

void echo_site_done(echo_site *site) {
    if (site->server)
        echo_stop(site);
    for (int i = 0; i < site->kept_count; i++)
        close(site->kept[i]);
    for (int i = 0; i < ECHO_KEYS; i++)
        unlink(site->key_file[i]);
    unlink(site->allow_file);
    unlink(site->peers_file);
    rmdir(site->dir);
    call_free(site->call);
}

static void *run(void *data) {
    rpc_server_run(data);
    return NULL;
}

static atomic_int begun;

int echo_begun(void) {
    return atomic_load(&begun);
}

void echo_wait_begun(int n) {
    while (echo_begun() < n)
        echo_sleep(1);
}

void echo_peers(echo_site *site, const char *const *endpoints, int n) {
    buf rows;
    buf_init(&rows, site->call->mem);
    for (int i = 0; i < n; i++)
        buf_addf(&rows, "bihuan.test.v1.EchoService %s %s\n", endpoints[i], site->keys[ECHO_SERVER].public_text);
    echo_write(site->peers_file, rows.s);
}

void echo_start(echo_site *site, const char *endpoint, int workers, int queue_max) {
    rpc_server_options options = {
        .name = "echo",
        .endpoint = endpoint ? endpoint : "tcp://127.0.0.1:*",
        .key_file = site->key_file[ECHO_SERVER],
        .allow_file = site->allow_file,
        .workers = workers,
        .queue_max = queue_max,
        .streams_max = ECHO_STREAMS_MAX,
        .streams = echo_streams,
        .site_id = 1,
        .backend = &begun,
    };
    atomic_store(&begun, 0);
    atomic_store(&lingered, 0);
    atomic_store(&released, false);
    atomic_store(&counted, 0);
    atomic_store(&steps, 0);
    bh_err *err = rpc_server_open(site->call, &options, echo_services, 1, &site->server);
    if (err)
        fprintf(stderr, "%s\n", err->en);
    assert(!err);
    site->endpoint = arena_strdup(site->call->mem, rpc_server_endpoint(site->server));
    echo_peers(site, &site->endpoint, 1);
    pthread_create(&site->thread, NULL, run, site->server);
}

void echo_stop(echo_site *site) {
    rpc_server_stop(site->server);
    pthread_join(site->thread, NULL);
    rpc_server_close(site->server);
    site->server = NULL;
}

/* With SO_REUSEADDR, as libzmq binds, a socket that does not listen keeps the port for us from everybody else. */
const char *echo_free_endpoint(echo_site *site) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    assert(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0);
    assert(bind(fd, (struct sockaddr *) &address, size) == 0);
    assert(getsockname(fd, (struct sockaddr *) &address, &size) == 0);
    assert(site->kept_count < ECHO_KEPT_MAX);
    site->kept[site->kept_count++] = fd;
    return arena_printf(site->call->mem, "tcp://127.0.0.1:%d", ntohs(address.sin_port));
}

pid_t echo_spawn_at(echo_site *site, const char *endpoint) {
    char *arguments[] = { (char *) "echo-server", (char *) endpoint, site->key_file[ECHO_SERVER], site->allow_file,
                          NULL };
    pid_t pid;
    sigset_t term;
    posix_spawnattr_t attributes;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM); /* waits until the server can take it */
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, &term);
    assert(posix_spawn(&pid, ECHO_SERVER_PROGRAM, NULL, &attributes, arguments, environ) == 0);
    posix_spawnattr_destroy(&attributes);
    return pid;
}

pid_t echo_spawn(echo_site *site) {
    if (!site->endpoint)
        site->endpoint = echo_free_endpoint(site);
    echo_peers(site, &site->endpoint, 1);
    return echo_spawn_at(site, site->endpoint);
}

void echo_kill(pid_t pid) {
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

int echo_term(pid_t pid) {
    int status = 0;
    kill(pid, SIGTERM);
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

rpc_client *echo_client(echo_site *site, enum echo_key key, bool gateway) {
    rpc_client_options options = {
        .key_file = site->key_file[key],
        .peers_file = site->peers_file,
        .repeatable = echo_repeatable,
        .gateway = gateway,
    };
    rpc_client *client;
    bh_err *err = rpc_client_open(site->call, &options, &client);
    if (err)
        fprintf(stderr, "%s\n", err->en);
    assert(!err);
    return client;
}

pid_t echo_who(rpc_client *client, int *ret_begun) {
    bh_call *c = call_new("test", 20000);
    Bh__Test__DescribeRequest request = BH__TEST__DESCRIBE_REQUEST__INIT;
    ProtobufCMessage *message = NULL;
    bh_err *err = rpc_call(client, c, &bh__test__echo_service__descriptor, "Describe", &request.base, &message);
    assert(!err && message);
    const Bh__Test__DescribeResponse *response = (Bh__Test__DescribeResponse *) message;
    pid_t pid = response->pid;
    if (ret_begun)
        *ret_begun = response->begun;
    call_free(c);
    return pid;
}

bool echo_wait_ready(rpc_client *client, bool ready) {
    for (int i = 0; i < 2000; i++) {
        if (rpc_client_is_ready(client, "bihuan.test.v1.EchoService") == ready)
            return true;
        echo_sleep(10);
    }
    return false;
}

/* --- calls --- */

bh_call *echo_person(int32_t user_id, int32_t post, int64_t timeout_ms) {
    bh_call *c = call_new("test", timeout_ms);
    c->who.user_id = user_id;
    c->who.post = post;
    c->who.login = user_id ? "handler01" : "";
    return c;
}

bh_err *echo_text(rpc_client *client, bh_call *c, const char *text, Bh__Test__EchoResponse **ret_response) {
    Bh__Test__EchoRequest request = BH__TEST__ECHO_REQUEST__INIT;
    request.text = (char *) text;
    ProtobufCMessage *response = NULL;
    bh_err *err = rpc_call(client, c, &bh__test__echo_service__descriptor, "Echo", &request.base, &response);
    *ret_response = (Bh__Test__EchoResponse *) response;
    return err;
}

void echo_call_keep(void *data, rpc_result *result) {
    echo_call *ec = data;
    ec->result = result;
    sem_post(&ec->done);
}

void echo_call_start_with(rpc_client *client, echo_call *ec, rpc_done *done, const char *method, const void *payload,
                          size_t n, int64_t timeout_ms) {
    echo_stream_start(client, ec, NULL, done, method, payload, n, timeout_ms);
}

void echo_stream_start(rpc_client *client, echo_call *ec, rpc_item *item, rpc_done *done, const char *method,
                       const void *payload, size_t n, int64_t timeout_ms) {
    ec->call = call_new("test", timeout_ms);
    sem_init(&ec->done, 0, 0);
    rpc_request request = {
        .method = method,
        .trace_id = ec->call->trace_id,
        .who = &ec->call->who,
        .deadline_ms = ec->call->deadline_ms,
        .payload = payload,
        .payload_size = n,
    };
    ec->handle = rpc_stream(client, &request, item, done, ec);
}

void echo_call_start(rpc_client *client, echo_call *ec, const char *method, const void *payload, size_t n,
                     int64_t timeout_ms) {
    echo_call_start_with(client, ec, echo_call_keep, method, payload, n, timeout_ms);
}

void echo_call_hold(rpc_client *client, echo_call *ec, int64_t timeout_ms) {
    echo_call_start(client, ec, ECHO_SLEEP, ECHO_HELD, ECHO_HELD_SIZE, timeout_ms);
}

bool echo_call_has_ended(echo_call *ec) {
    int ended;
    sem_getvalue(&ec->done, &ended);
    return ended > 0;
}

bh_err *echo_call_wait(echo_call *ec) {
    while (sem_wait(&ec->done) != 0)
        continue;
    return rpc_result_error(ec->call, ec->result);
}

void echo_call_done(echo_call *ec) {
    rpc_result_free(ec->result);
    sem_destroy(&ec->done);
    call_free(ec->call);
}

/* --- load --- */

static void *call_on(void *data) {
    echo_load *load = data;
    while (!atomic_load(&load->ends)) {
        bh_call *c = echo_person(7, 0, 20000);
        Bh__Test__EchoResponse *response;
        bh_err *err = echo_text(load->client, c, "x", &response);
        if (err)
            fprintf(stderr, "%s\n", err->en);
        atomic_fetch_add(err ? &load->failed : &load->good, 1);
        call_free(c);
    }
    return NULL;
}

void echo_load_start(echo_load *load, rpc_client *client) {
    *load = (echo_load){ .client = client };
    for (int i = 0; i < ECHO_LOAD_THREADS; i++)
        pthread_create(&load->threads[i], NULL, call_on, load);
}

void echo_load_wait(echo_load *load, int n) {
    int before = atomic_load(&load->good);
    while (atomic_load(&load->good) < before + n)
        echo_sleep(10);
}

void echo_load_end(echo_load *load) {
    atomic_store(&load->ends, true);
    for (int i = 0; i < ECHO_LOAD_THREADS; i++)
        pthread_join(load->threads[i], NULL);
}

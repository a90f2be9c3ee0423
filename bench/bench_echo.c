/* bench_echo SECONDS GRPC: echo through lib/rpc (workers, CURVE, allow-list, guard, log line) against a bare
 * single-threaded libzmq + protobuf-c + CURVE echo, and against gRPC C++ without TLS (the program GRPC, see
 * bench/rivals/grpc), in turns, with 1, 64 and 256 calls in flight. One JSON line each. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zmq.h>

#include "base/clock.h"
#include "bench/grpc.h"
#include "bench/load.h"
#include "bench/measure.h"
#include "echo.h"

enum { ROUNDS = 3, TEXT_SIZE = 96, KEY_SIZE = 41 };

static const char *text(void) {
    static char text[TEXT_SIZE + 1];
    memset(text, 'x', TEXT_SIZE);
    return text;
}

/* Both sides send this: 123 bytes. */
static Bh__Test__EchoRequest sample(void) {
    Bh__Test__EchoRequest request = BH__TEST__ECHO_REQUEST__INIT;
    request.text = (char *) text();
    request.number = 1234567890123;
    request.right = 77;
    request.choice_case = BH__TEST__ECHO_REQUEST__CHOICE_RIGHT;
    request.colour = BH__TEST__COLOUR__COLOUR_RED;
    request.share = 0.5;
    return request;
}

/* --- the rival --- */

typedef struct rival {
    char server_public[KEY_SIZE], server_secret[KEY_SIZE];
    char client_public[KEY_SIZE], client_secret[KEY_SIZE];
    char endpoint[64];
    pid_t pid;
} rival;

static void rival_answer(void *router) {
    zmq_msg_t route, message;
    zmq_msg_init(&route);
    zmq_msg_init(&message);
    zmq_msg_recv(&route, router, 0);
    zmq_msg_recv(&message, router, 0);
    Bh__Test__EchoRequest *request =
        bh__test__echo_request__unpack(NULL, zmq_msg_size(&message), zmq_msg_data(&message));
    Bh__Test__EchoResponse response = BH__TEST__ECHO_RESPONSE__INIT;
    response.text = request->text;
    zmq_msg_close(&message);
    zmq_msg_init_size(&message, bh__test__echo_response__get_packed_size(&response));
    bh__test__echo_response__pack(&response, zmq_msg_data(&message));
    bh__test__echo_request__free_unpacked(request, NULL);
    zmq_msg_send(&route, router, ZMQ_SNDMORE);
    zmq_msg_send(&message, router, 0);
}

static void rival_serve(const rival *r, int ready) {
    int on = 1;
    char endpoint[64];
    size_t size = sizeof(endpoint);
    void *router = zmq_socket(zmq_ctx_new(), ZMQ_ROUTER);
    zmq_setsockopt(router, ZMQ_CURVE_SERVER, &on, sizeof(on));
    zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, r->server_secret, KEY_SIZE);
    must(zmq_bind(router, "tcp://127.0.0.1:*") == 0, "bind");
    zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &size);
    must(write(ready, endpoint, sizeof(endpoint)) == sizeof(endpoint), "pipe");
    for (;;)
        rival_answer(router);
}

static void rival_start(rival *r) {
    int ends[2];
    zmq_curve_keypair(r->server_public, r->server_secret);
    zmq_curve_keypair(r->client_public, r->client_secret);
    must(pipe(ends) == 0, "pipe");
    r->pid = fork();
    if (r->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        rival_serve(r, ends[1]);
    }
    must(read(ends[0], r->endpoint, sizeof(r->endpoint)) == sizeof(r->endpoint), "pipe");
    close(ends[0]);
    close(ends[1]);
}

static void rival_send(void *dealer) {
    Bh__Test__EchoRequest request = sample();
    zmq_msg_t message;
    zmq_msg_init_size(&message, bh__test__echo_request__get_packed_size(&request));
    bh__test__echo_request__pack(&request, zmq_msg_data(&message));
    zmq_msg_send(&message, dealer, 0);
}

static void rival_receive(void *dealer) {
    zmq_msg_t message;
    zmq_msg_init(&message);
    zmq_msg_recv(&message, dealer, 0);
    Bh__Test__EchoResponse *response =
        bh__test__echo_response__unpack(NULL, zmq_msg_size(&message), zmq_msg_data(&message));
    must(strlen(response->text) == TEXT_SIZE, "a wrong answer");
    bh__test__echo_response__free_unpacked(response, NULL);
    zmq_msg_close(&message);
}

/* Calls per second with n in flight. */
static double rival_run(const rival *r, int n, int64_t ms) {
    int linger = 0;
    int64_t calls = 0;
    void *context = zmq_ctx_new();
    void *dealer = zmq_socket(context, ZMQ_DEALER);
    zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, r->server_public, KEY_SIZE);
    zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, r->client_public, KEY_SIZE);
    zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, r->client_secret, KEY_SIZE);
    zmq_setsockopt(dealer, ZMQ_LINGER, &linger, sizeof(linger));
    zmq_connect(dealer, r->endpoint);
    for (int i = 0; i < n; i++)
        rival_send(dealer);
    rival_receive(dealer);
    int64_t began_ms = clock_mono_ms();
    for (; clock_mono_ms() - began_ms < ms; calls++) {
        rival_send(dealer);
        rival_receive(dealer);
    }
    double seconds = (double) (clock_mono_ms() - began_ms) / 1000;
    zmq_close(dealer);
    zmq_ctx_term(context);
    return (double) calls / seconds;
}

/* --- lib/rpc --- */

static void pack_echo(const void *data, int caller, int turn, load_request *ret_request) {
    static const principal who = { .user_id = 7, .unit_id = 3, .post = 1, .login = "handler01", .service = "" };
    Bh__Test__EchoRequest message = sample();
    (void) data, (void) caller, (void) turn;
    ret_request->kind = 0;
    ret_request->method = "/bihuan.test.v1.EchoService/Echo";
    ret_request->who = &who;
    ret_request->size = bh__test__echo_request__pack(&message, ret_request->bytes);
}

static bool is_echo(const void *data, int caller, int turn, const uint8_t *bytes, size_t size) {
    (void) data, (void) caller, (void) turn;
    Bh__Test__EchoResponse *response = bh__test__echo_response__unpack(NULL, size, bytes);
    bool is_right = response && strlen(response->text) == TEXT_SIZE;
    bh__test__echo_response__free_unpacked(response, NULL);
    return is_right;
}

static load_result rpc_run(rpc_client *client, int n, int64_t ms) {
    load_plan plan = { .callers = n, .ms = ms, .pack = pack_echo, .is_right = is_echo };
    return load_run(client, &plan);
}

/* --- in turns --- */

typedef struct measure {
    double per_s[ROUNDS];
    double cpu_us[ROUNDS]; /* per call, client and server together: does not care who else uses the machine */
    double ratio[ROUNDS];  /* ours to it */
} measure;

typedef struct setting {
    const rival *bare;
    const char *grpc; /* the program */
    rpc_client *client;
    pid_t server;
    int ms; /* of each run */
} setting;

static void measure_bare(const setting *s, int n, measure *m, int round) {
    double began_us = cpu_us(0) + cpu_us(s->bare->pid);
    m->per_s[round] = rival_run(s->bare, n, s->ms);
    m->cpu_us[round] = (cpu_us(0) + cpu_us(s->bare->pid) - began_us) / (m->per_s[round] * s->ms / 1000);
}

static const char *measure_grpc(const setting *s, int n, measure *m, int round) {
    const grpc_result result = grpc_best(s->grpc, n, s->ms);
    m->per_s[round] = result.per_s;
    m->cpu_us[round] = result.cpu_us;
    return result.server;
}

static void measure_rpc(const setting *s, int n, measure *m, int round) {
    double began_us = cpu_us(s->server);
    load_result load = rpc_run(s->client, n, s->ms);
    m->per_s[round] = (double) load.calls / load.seconds;
    m->cpu_us[round] = (load.cpu_us + cpu_us(s->server) - began_us) / (double) load.calls;
}

static void print(const char *name, measure *m) {
    printf(",\"%s_per_s\":%.0f,\"%s_cpu_us\":%.1f", name, median(m->per_s, ROUNDS), name, median(m->cpu_us, ROUNDS));
}

static void compare(const setting *s, int n) {
    measure bare, grpc, rpc;
    const char *server = "";
    for (int i = 0; i < ROUNDS; i++) {
        measure_bare(s, n, &bare, i);
        measure_rpc(s, n, &rpc, i);
        server = measure_grpc(s, n, &grpc, i);
        bare.ratio[i] = rpc.per_s[i] / bare.per_s[i];
        grpc.ratio[i] = rpc.per_s[i] / grpc.per_s[i];
    }
    printf("{\"bench\":\"echo\",\"in_flight\":%d,\"ratio\":%.2f,\"grpc_ratio\":%.2f,\"grpc_server\":\"%s\"", n,
           median(bare.ratio, ROUNDS), median(grpc.ratio, ROUNDS), server);
    print("rpc", &rpc);
    print("bare", &bare);
    print("grpc", &grpc);
    puts("}");
    fflush(stdout);
}

int main(int argc, char **argv) {
    static const int in_flight[] = { 1, 64, 256 };
    must(argc == 3, "usage: bench_echo SECONDS GRPC");
    /* The log lines are written, but nobody keeps them. */
    must(freopen("/dev/null", "w", stderr) != NULL, "/dev/null");
    rival r = { 0 };
    echo_site site;
    rival_start(&r);
    echo_site_init(&site);
    setting s = { .bare = &r, .grpc = argv[2], .ms = 1000 * (int) strtol(argv[1], NULL, 10) };
    s.server = echo_spawn(&site);
    s.client = echo_client(&site, ECHO_GATEWAY, true);
    must(echo_wait_ready(s.client, true), "no server");
    for (size_t i = 0; i < countof(in_flight); i++)
        compare(&s, in_flight[i]);
    rpc_client_close(s.client);
    echo_kill(s.server);
    echo_kill(r.pid);
    echo_site_done(&site);
    return 0;
}

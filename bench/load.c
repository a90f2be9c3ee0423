#include "bench/load.h"

#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "bench/measure.h"

enum { CALLS_MAX = 1 << 21, DEADLINE_MS = 10000 };

typedef struct load load;

typedef struct caller {
    load *load;
    int number, turn, kind;
    double due_us;
} caller;

struct load {
    rpc_client *client;
    const load_plan *plan;
    int64_t until_ms;
    int open;
    sem_t over;
    caller *callers; /* of an open load: one for each turn */
    double *us[LOAD_KINDS_MAX];
    size_t calls[LOAD_KINDS_MAX];
};

static _Noreturn void die(const rpc_result *result) {
    bh_call *call = call_new("bench", DEADLINE_MS);
    const bh_err *err = rpc_result_error(call, result);
    must(!err, err ? err->en : "");
    abort();
}

static void check(const caller *c, const rpc_result *result) {
    const load_plan *plan = c->load->plan;
    size_t size;
    const uint8_t *bytes = rpc_result_payload(result, &size);
    if (!bytes || size == 0)
        die(result);
    must(plan->is_right(plan->data, c->number, c->turn, bytes, size), "a wrong answer");
}

static void note(const caller *c) {
    load *l = c->load;
    must(l->calls[c->kind] < CALLS_MAX, "too many calls for one run");
    l->us[c->kind][l->calls[c->kind]++] = now_us() - c->due_us;
}

static void begin(caller *c, double due_us);

static bool goes_on(const caller *c) {
    const load_plan *plan = c->load->plan;
    return plan->per_s == 0 && clock_mono_ms() < c->load->until_ms && (plan->turns == 0 || c->turn < plan->turns);
}

static void receive(void *data, rpc_result *result) {
    caller *c = data;
    load *l = c->load;
    note(c);
    check(c, result);
    rpc_result_free(result);
    c->turn++;
    if (goes_on(c))
        begin(c, now_us());
    else if (--l->open == 0)
        sem_post(&l->over);
}

static void begin(caller *c, double due_us) {
    const load_plan *plan = c->load->plan;
    load_request r;
    plan->pack(plan->data, c->number, c->turn, &r);
    must(r.size <= sizeof(r.bytes), "a request that is too long");
    c->kind = r.kind;
    rpc_request request = {
        .method = r.method,
        .trace_id = "0123456789abcdef0123456789abcdef",
        .who = r.who,
        .deadline_ms = clock_mono_ms() + DEADLINE_MS,
        .payload = r.bytes,
        .payload_size = r.size,
    };
    c->due_us = due_us;
    rpc_start(c->load->client, &request, receive, c);
}

static load *load_new(rpc_client *client, const load_plan *plan) {
    load *l = calloc(1, sizeof(*l));
    must(l != NULL, "out of memory");
    l->client = client;
    l->plan = plan;
    l->open = plan->per_s > 0 ? plan->turns : plan->callers;
    l->callers = calloc((size_t) l->open, sizeof(*l->callers));
    must(l->callers != NULL, "out of memory");
    l->until_ms = clock_mono_ms() + plan->ms;
    for (int i = 0; i < LOAD_KINDS_MAX; i++)
        must((l->us[i] = malloc(CALLS_MAX * sizeof(double))) != NULL, "out of memory");
    sem_init(&l->over, 0, 0);
    return l;
}

static void load_free(load *l) {
    for (int i = 0; i < LOAD_KINDS_MAX; i++)
        free(l->us[i]);
    free(l->callers);
    sem_destroy(&l->over);
    free(l);
}

static void start_closed(load *l) {
    for (int i = 0; i < l->plan->callers; i++) {
        l->callers[i] = (caller){ .load = l, .number = i };
        begin(&l->callers[i], now_us());
    }
}

static void wait_until(double due_us) {
    const time_t seconds = (time_t) (due_us / 1e6);
    const struct timespec due = { .tv_sec = seconds, .tv_nsec = (long) ((due_us - (double) seconds * 1e6) * 1e3) };
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

static void start_open(load *l) {
    const double began_us = now_us();
    for (int i = 0; i < l->plan->turns; i++) {
        const double due_us = began_us + i * 1e6 / l->plan->per_s;
        l->callers[i] = (caller){ .load = l, .turn = i };
        wait_until(due_us);
        begin(&l->callers[i], due_us);
    }
}

load_result load_run(rpc_client *client, const load_plan *plan) {
    load *l = load_new(client, plan);
    double began_us = now_us(), began_cpu_us = cpu_us(0);
    (plan->per_s > 0 ? start_open : start_closed)(l);
    sem_wait(&l->over);
    load_result result = { .seconds = (now_us() - began_us) / 1e6, .cpu_us = cpu_us(0) - began_cpu_us };
    for (int i = 0; i < LOAD_KINDS_MAX; i++) {
        size_t n = l->calls[i];
        result.calls += n;
        result.kinds[i] = (load_figures){ n, median(l->us[i], n), percentile(l->us[i], n, 99) };
    }
    load_free(l);
    return result;
}

static bool is_ready(const rpc_client *client, const char *service) {
    enum { TRIES = 1000 };
    for (int i = 0; i < TRIES && !rpc_client_is_ready(client, service); i++)
        nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
    return rpc_client_is_ready(client, service);
}

rpc_client *load_client(bh_call *call, const char *key_file, const char *peers_file, const char *const *services,
                        size_t n) {
    const rpc_client_options options = { .key_file = key_file, .peers_file = peers_file, .gateway = true };
    rpc_client *client;
    const bh_err *err = rpc_client_open(call, &options, &client);
    must(!err, err ? err->en : "");
    for (size_t i = 0; i < n; i++)
        must(is_ready(client, services[i]), services[i]);
    return client;
}

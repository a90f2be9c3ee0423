/* bench_report [SECONDS]: the progress-report command through lib/rpc with CURVE, as the gateway sends it to a real
 * bihuan-progress, against pgbench running one equal statement per command. Alone: the middle latency of both with one
 * caller. 64 waiting: throughput against pgbench's best number of clients. Run it through tests/with-database. */
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/uuid.h"
#include "bench/pgbench.h"
#include "bihuan/v1/progress_service.pb-c.h"
#include "domain/task.h"
#include "rpc/client.h"
#include "rpc/keys.h"

enum { ROUNDS = 3, SHEETS = 4096, SLOTS_MAX = 64, CALLS_MAX = 1 << 20, UNIT = 10 };

static void must(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "bench_report: %s\n", what);
    exit(1);
}

/* --- the service --- */

typedef struct site {
    bh_call *call;
    const char *database;
    char dir[40];
    pid_t service;
    rpc_client *client;
} site;

static const char *in_dir(const site *s, const char *name) {
    return arena_printf(s->call->mem, "%s/%s", s->dir, name);
}

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "we");
    must(file != NULL, path);
    fputs(text, file);
    fclose(file);
}

static const rpc_key *make_key(const site *s, const char *name) {
    rpc_key *key = arena_alloc(s->call->mem, sizeof(*key));
    must(!rpc_key_create(s->call, in_dir(s, name), key), name);
    return key;
}

#define ENDPOINT "tcp://127.0.0.1:17399"

static void start_service(site *s) {
    s->service = fork();
    if (s->service != 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setenv("BIHUAN_DATABASE", arena_printf(s->call->mem, "%s options='-c role=bihuan_progress'", s->database), 1);
    setenv("BIHUAN_ENDPOINT", ENDPOINT, 1);
    setenv("BIHUAN_KEY_FILE", in_dir(s, "service"), 1);
    setenv("BIHUAN_ALLOW_FILE", in_dir(s, "allow"), 1);
    setenv("BIHUAN_PEERS_FILE", in_dir(s, "peers"), 1);
    /* The log lines are written, but nobody keeps them. */
    must(freopen("/dev/null", "w", stderr) != NULL, "/dev/null");
    execl(BIHUAN_PROGRESS, BIHUAN_PROGRESS, (char *) NULL);
    _exit(127);
}

static bool is_ready(const rpc_client *client) {
    enum { TRIES = 500 };
    for (int i = 0; i < TRIES && !rpc_client_is_ready(client, "bihuan.v1.ProgressService"); i++)
        nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
    return rpc_client_is_ready(client, "bihuan.v1.ProgressService");
}

static void site_open(site *s) {
    *s = (site){ .call = call_new("bench", 600 * 1000),
                 .database = getenv("BIHUAN_TEST_DATABASE"),
                 .dir = "/tmp/bihuan-bench-XXXXXX" };
    must(s->database != NULL, "run it through tests/with-database");
    must(mkdtemp(s->dir) != NULL, s->dir);
    const rpc_key *service = make_key(s, "service"), *gateway = make_key(s, "gateway");
    write_file(in_dir(s, "allow"), arena_printf(s->call->mem, "gateway gateway %s\n", gateway->public_text));
    write_file(in_dir(s, "peers"),
               arena_printf(s->call->mem, "bihuan.v1.ProgressService %s %s\n", ENDPOINT, service->public_text));
    start_service(s);
    const rpc_client_options options = { .key_file = in_dir(s, "gateway"),
                                         .peers_file = in_dir(s, "peers"),
                                         .gateway = true };
    must(!rpc_client_open(s->call, &options, &s->client), "no client");
    must(is_ready(s->client), "the service does not answer");
}

static void site_close(site *s) {
    static const char *const files[] = { "service", "gateway", "allow", "peers" };
    rpc_client_close(s->client);
    kill(s->service, SIGTERM);
    waitpid(s->service, NULL, 0);
    for (size_t i = 0; i < countof(files); i++)
        unlink(in_dir(s, files[i]));
    rmdir(s->dir);
    call_free(s->call);
}

/* Every task is active, led by one unit, with a month to report on; nothing was reported yet. */
static void fresh_data(const site *s) {
    const char *sql = arena_printf(
        s->call->mem,
        "truncate task.task, task.leg, progress.sheet, progress.report, progress.idem, audit.pending;"
        "insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, deadline, is_key, "
        "  office_unit, lead_unit, leader_ids, issuer, created_ms, position) "
        "  select 1, ('00000000-0000-8000-8000-' || lpad(n::text, 12, '0'))::uuid, 1, sha256(''), 4, n, 'text', "
        "'result', "
        "  '2025-12-31', false, 90, %d, '{50}', 9, 0, n from generate_series(1, %d) n;"
        "insert into task.leg (site_id, task_id, unit_id, role, state) select 1, task_id, %d, 1, 2 from task.task;"
        "insert into progress.sheet (site_id, report_id, task_id, unit_id, period, due) select 1, "
        "  progress.report_id(task_id, %d, '2025-06-01'), task_id, %d, '2025-06-01', '2025-06-30' from task.task;",
        UNIT, SHEETS, UNIT, UNIT, UNIT);
    pgbench_sql(s->database, sql);
    pgbench_sql(s->database, "vacuum analyze");
}

/* --- load through lib/rpc --- */

typedef struct load load;

/* One caller: it owns every n-th sheet and knows their versions. */
typedef struct slot {
    load *load;
    int number;
    int turn;
    int64_t sent_ns;
} slot;

struct load {
    rpc_client *client;
    int n;
    int open;
    int64_t until_ms;
    slot slots[SLOTS_MAX];
    double *us; /* latency of every call */
    size_t calls;
    sem_t over;
};

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void send_next(slot *s);

static void receive(void *data, rpc_result *result) {
    slot *s = data;
    load *l = s->load;
    size_t size;
    const uint8_t *bytes = rpc_result_payload(result, &size);
    Bh__SubmitReportResponse *response = bytes ? bh__submit_report_response__unpack(NULL, size, bytes) : NULL;
    must(response && response->version == s->turn / (SHEETS / l->n) + 1, "a report was not taken");
    bh__submit_report_response__free_unpacked(response, NULL);
    rpc_result_free(result);
    if (l->calls < CALLS_MAX)
        l->us[l->calls++] = (double) (now_ns() - s->sent_ns) / 1000;
    s->turn++;
    if (clock_mono_ms() < l->until_ms)
        send_next(s);
    else if (--l->open == 0)
        sem_post(&l->over);
}

static size_t pack_report(const slot *s, uint8_t *ret_bytes) {
    char task[UUID_TEXT_SIZE], key[UUID_TEXT_SIZE], text[121];
    int sheets = SHEETS / s->load->n;
    uuid id = uuid_v7(clock_now_ms());
    snprintf(task, sizeof(task), "00000000-0000-8000-8000-%012d", 1 + s->number * sheets + s->turn % sheets);
    for (size_t i = 0, n = 0; i < UUID_SIZE; i++)
        n += (size_t) snprintf(key + n, sizeof(key) - n, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
                               id.b[i]);
    memset(text, 't', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    Bh__Value value = BH__VALUE__INIT, *values[] = { &value };
    value.metric = (char *) "length";
    value.number = (char *) "2.50";
    value.unit = (char *) "km";
    value.source = (char *) "survey";
    Bh__SubmitReportRequest request = BH__SUBMIT_REPORT_REQUEST__INIT;
    request.request_id = key;
    request.task_id = task;
    request.period = (char *) "2025-06";
    request.version = s->turn / sheets;
    request.text = text;
    request.next_step = (char *) "next";
    request.n_values = countof(values);
    request.values = values;
    return bh__submit_report_request__pack(&request, ret_bytes);
}

static void send_next(slot *s) {
    static const principal who = {
        .user_id = 7, .unit_id = UNIT, .post = POST_HANDLER, .login = "handler01", .service = ""
    };
    uint8_t bytes[1024];
    rpc_request request = {
        .method = "/bihuan.v1.ProgressService/SubmitReport",
        .trace_id = "0123456789abcdef0123456789abcdef",
        .who = &who,
        .deadline_ms = clock_mono_ms() + 10000,
        .payload = bytes,
        .payload_size = pack_report(s, bytes),
    };
    s->sent_ns = now_ns();
    rpc_start(s->load->client, &request, receive, s);
}

static pgbench_result load_run(const site *s, int n, int seconds) {
    load *l = calloc(1, sizeof(*l));
    int64_t began_ms = clock_mono_ms();
    *l = (load){ .client = s->client, .n = n, .open = n, .until_ms = began_ms + seconds * 1000 };
    l->us = malloc(CALLS_MAX * sizeof(*l->us));
    sem_init(&l->over, 0, 0);
    for (int i = 0; i < n; i++) {
        l->slots[i] = (slot){ .load = l, .number = i };
        send_next(&l->slots[i]);
    }
    sem_wait(&l->over);
    pgbench_result result = { .per_s = (double) l->calls / ((double) (clock_mono_ms() - began_ms) / 1000) };
    result.p50_us = median(l->us, l->calls);
    free(l->us);
    free(l);
    return result;
}

/* --- in turns --- */

static pgbench_result rival_run(const site *s, int clients, int seconds) {
    static const char options[] = "-c role=bihuan_progress -c plan_cache_mode=force_generic_plan -c enable_seqscan=off "
                                  "-c enable_hashjoin=off -c enable_mergejoin=off -c enable_material=off";
    fresh_data(s);
    return pgbench_run(s->call->mem, s->database, options, BIHUAN_TOP "/bench/report.pgbench", clients, seconds);
}

static void alone(const site *s, int seconds) {
    double ours[ROUNDS], rival[ROUNDS], ratio[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        rival[i] = rival_run(s, 1, seconds).p50_us;
        fresh_data(s);
        ours[i] = load_run(s, 1, seconds).p50_us;
        ratio[i] = ours[i] / rival[i];
    }
    printf("{\"bench\":\"report\",\"in_flight\":1,\"rpc_p50_us\":%.0f,\"pgbench_p50_us\":%.0f,\"ratio\":%.2f}\n",
           median(ours, ROUNDS), median(rival, ROUNDS), median(ratio, ROUNDS));
    fflush(stdout);
}

static void waiting(const site *s, int seconds) {
    static const int clients[] = { 4, 8, 16 };
    double ours[ROUNDS], best[ROUNDS], ratio[ROUNDS], p50[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        best[i] = 0;
        for (size_t k = 0; k < countof(clients); k++) {
            double per_s = rival_run(s, clients[k], seconds).per_s;
            best[i] = per_s > best[i] ? per_s : best[i];
        }
        fresh_data(s);
        pgbench_result result = load_run(s, SLOTS_MAX, seconds);
        ours[i] = result.per_s;
        p50[i] = result.p50_us;
        ratio[i] = ours[i] / best[i];
    }
    printf("{\"bench\":\"report\",\"in_flight\":%d,\"rpc_per_s\":%.0f,\"pgbench_per_s\":%.0f,\"ratio\":%.2f,\"rpc_p50_"
           "us\":%.0f}\n",
           SLOTS_MAX, median(ours, ROUNDS), median(best, ROUNDS), median(ratio, ROUNDS), median(p50, ROUNDS));
}

int main(int argc, char **argv) {
    int seconds = argc > 1 ? (int) strtol(argv[1], NULL, 10) : 3;
    site s;
    log_open("bench", LOG_ERROR);
    site_open(&s);
    alone(&s, seconds);
    waiting(&s, seconds);
    site_close(&s);
    return 0;
}

/* bench_report [SECONDS]: the progress-report command through lib/rpc with CURVE, as the gateway sends it to a real
 * bihuan-progress, against pgbench running one equal statement per command. Alone: the middle latency of both with one
 * caller. 64 waiting: throughput against pgbench's best number of clients. Run it through tests/with-database. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "bench/command.h"
#include "bench/measure.h"
#include "bench/pgbench.h"
#include "domain/task.h"
#include "rpc/keys.h"

enum { ROUNDS = 3, SHEETS = 4096, CALLERS = 64, UNIT = 10 };

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
    s->client = load_client(s->call, in_dir(s, "gateway"), in_dir(s, "peers"),
                            (const char *const[]){ "bihuan.v1.ProgressService" }, 1);
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

/* Each caller has an equal share of the sheets for itself, and so knows their versions. */
static void pack_report(const void *data, int caller, int turn, load_request *ret_request) {
    static const principal who = {
        .user_id = 7, .unit_id = UNIT, .post = POST_HANDLER, .login = "handler01", .service = ""
    };
    const int share = *(const int *) data;
    char task[UUID_TEXT_SIZE];
    snprintf(task, sizeof(task), "00000000-0000-8000-8000-%012d", 1 + caller * share + turn % share);
    ret_request->kind = 0;
    ret_request->who = &who;
    command_report(task, turn / share, ret_request);
}

static bool is_taken(const void *data, int caller, int turn, const uint8_t *bytes, size_t size) {
    (void) caller;
    return command_made(turn / *(const int *) data + 1, bytes, size);
}

static load_result rpc_run(const site *s, int n, int seconds) {
    const int share = SHEETS / n;
    load_plan plan = { .callers = n, .ms = seconds * 1000, .data = &share, .pack = pack_report, .is_right = is_taken };
    fresh_data(s);
    return load_run(s->client, &plan);
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
        ours[i] = rpc_run(s, 1, seconds).kinds[0].p50_us;
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
        load_result result = rpc_run(s, CALLERS, seconds);
        ours[i] = (double) result.calls / result.seconds;
        p50[i] = result.kinds[0].p50_us;
        ratio[i] = ours[i] / best[i];
    }
    printf("{\"bench\":\"report\",\"in_flight\":%d,\"rpc_per_s\":%.0f,\"pgbench_per_s\":%.0f,\"ratio\":%.2f,\"rpc_p50_"
           "us\":%.0f}\n",
           CALLERS, median(ours, ROUNDS), median(best, ROUNDS), median(ratio, ROUNDS), median(p50, ROUNDS));
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

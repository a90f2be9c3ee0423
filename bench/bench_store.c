/* bench_store [SECONDS]: the five writes of a progress report through lib/pg, combined into sets, against pgbench with
 * the same five writes in one prepared statement at its best client count; in turns. One JSON line for each number of
 * commands that wait: 1, 8, 64, 256. Run it through tests/with-database. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure.h"
#include "bench/pgbench.h"
#include "bench_sql.h"

enum { ROUNDS = 3, LEGS = 16384, WAITING_MAX = 256, SAMPLES_MAX = 1 << 16, WORDS_SIZE = 200, LEAF_SIZE = 200 };

static const int waiting[] = { 1, 8, 64, 256 };
static const int clients[] = { 8, 16, 32 };

/* --- the rival --- */

static pgbench_result rival_with(bh_call *c, int n_clients, int seconds) {
    const char *script = BIHUAN_TOP "/bench/store/report.pgbench";
    return pgbench_run(c->mem, getenv("BIHUAN_TEST_DATABASE"), "", script, n_clients, seconds);
}

static pgbench_result rival_best(bh_call *c, int seconds) {
    pgbench_result best = { 0 };
    for (size_t i = 0; i < countof(clients); i++) {
        pgbench_result r = rival_with(c, clients[i], seconds);
        best = r.per_s > best.per_s ? r : best;
    }
    return best;
}

/* --- ours --- */

typedef struct sender {
    pthread_t thread;
    pg_pool *pool;
    int first; /* of its own legs */
    int count;
    double until_us;
    int done;
    double *samples_us; /* [SAMPLES_MAX], round and round */
} sender;

static int64_t versions[LEGS];

static uuid leg_id(int n) {
    uuid id = { { 0 } };
    id.b[6] = 0x40;
    id.b[8] = 0x80;
    id.b[14] = (uint8_t) (n >> 8);
    id.b[15] = (uint8_t) n;
    return id;
}

static void report(sender *s, int leg) {
    static const char words[WORDS_SIZE + 1] = { [0 ... WORDS_SIZE - 1] = 'x' };
    static const uint8_t bytes[LEAF_SIZE] = { 1 };
    bh_call *c = call_new("bench", 30000);
    c->backend = s->pool;
    uuid key = uuid_v7(c->now_ms);
    uuid id = leg_id(leg);
    pg_rows rows;
    bh_err *err = pg_call(c, &bench_sql[BENCH_SQL_REPORT], &rows, pg_int(1), pg_uuid(&key), pg_bytes(bytes, 32),
                          pg_uuid(&id), pg_int(versions[leg]), pg_int(8), pg_int(c->now_ms), pg_text("12.50"),
                          pg_text(words), pg_bytes(bytes, LEAF_SIZE), pg_bytes(bytes, 100));
    must(!err && pg_get_int(&rows, 0, "outcome") == 0, err ? err->en : "a report was refused");
    versions[leg] = pg_get_int(&rows, 0, "version");
    call_free(c);
}

static void *run_sender(void *arg) {
    sender *s = arg;
    double start;
    while ((start = now_us()) < s->until_us) {
        report(s, s->first + s->done % s->count);
        s->samples_us[s->done++ % SAMPLES_MAX] = now_us() - start;
    }
    return NULL;
}

typedef struct figures {
    double per_s, p50_us, p99_us;
} figures;

static figures summarise(const sender *senders, int n, double seconds) {
    size_t total = 0, done = 0;
    double *all = malloc(sizeof(*all) * SAMPLES_MAX * (size_t) n);
    must(all, "out of memory");
    for (int i = 0; i < n; i++) {
        size_t kept = senders[i].done < SAMPLES_MAX ? (size_t) senders[i].done : SAMPLES_MAX;
        memcpy(all + total, senders[i].samples_us, kept * sizeof(*all));
        total += kept;
        done += (size_t) senders[i].done;
    }
    figures f = { (double) done / seconds, median(all, total), percentile(all, total, 99) };
    free(all);
    return f;
}

static figures combined(pg_pool *pool, int n, int seconds) {
    static sender senders[WAITING_MAX];
    double start = now_us();
    for (int i = 0; i < n; i++) {
        int share = LEGS / n;
        senders[i] = (sender){ .pool = pool, .first = i * share, .count = share, .until_us = start + seconds * 1e6 };
        senders[i].samples_us = malloc(sizeof(double) * SAMPLES_MAX);
        must(senders[i].samples_us && !pthread_create(&senders[i].thread, NULL, run_sender, &senders[i]), "no thread");
    }
    for (int i = 0; i < n; i++)
        pthread_join(senders[i].thread, NULL);
    figures f = summarise(senders, n, (now_us() - start) / 1e6);
    for (int i = 0; i < n; i++)
        free(senders[i].samples_us);
    return f;
}

/* pgbench does not tell us its versions. */
static void read_versions(pg_pool *pool) {
    bh_call *c = call_new("bench", 30000);
    c->backend = pool;
    pg_rows rows;
    must(!pg_call_values(c, &bench_sql[BENCH_SQL_VERSIONS], &rows, NULL, 0) && rows.count == LEGS, "no legs");
    for (int i = 0; i < LEGS; i++)
        versions[i] = pg_get_int(&rows, i, "version");
    call_free(c);
}

/* What the rounds gave; the middle one of each counts. */
typedef struct rounds {
    double ours_per_s[countof(waiting)][ROUNDS];
    double ours_p50_us[countof(waiting)][ROUNDS];
    double ours_p99_us[countof(waiting)][ROUNDS];
    double rival_per_s[ROUNDS];
    double lone_per_s[ROUNDS];
    double lone_p50_us[ROUNDS];
} rounds;

static void print(int connections, rounds *r) {
    double rival = median(r->rival_per_s, ROUNDS);
    double lone = median(r->lone_per_s, ROUNDS);
    double lone_p50 = median(r->lone_p50_us, ROUNDS);
    for (size_t i = 0; i < countof(waiting); i++) {
        bool is_lone = waiting[i] == 1;
        double per_s = median(r->ours_per_s[i], ROUNDS), p50 = median(r->ours_p50_us[i], ROUNDS);
        printf("{\"bench\":\"store\",\"connections\":%d,\"waiting\":%d,\"per_s\":%.0f,\"pgbench_per_s\":%.0f,"
               "\"ratio\":%.2f,\"p50_us\":%.0f,\"p99_us\":%.0f",
               connections, waiting[i], per_s, is_lone ? lone : rival, per_s / (is_lone ? lone : rival), p50,
               median(r->ours_p99_us[i], ROUNDS));
        if (is_lone)
            printf(",\"pgbench_p50_us\":%.0f,\"p50_ratio\":%.2f", lone_p50, p50 / lone_p50);
        puts("}");
    }
    fflush(stdout);
}

static pg_pool *open_pool(bh_call *c, int connections) {
    const pg_options options = { .conninfo = getenv("BIHUAN_TEST_DATABASE"),
                                 .connections = connections,
                                 .readers = 1,
                                 .set_max = 64,
                                 .statement_timeout_ms = 10000 };
    pg_pool *pool;
    bh_err *err = pg_pool_open(c, &options, bench_sql, BENCH_SQL_COUNT, &pool);
    must(!err, err ? err->en : "");
    return pool;
}

static void run_round(bh_call *c, pg_pool *pool, int seconds, rounds *r, int round) {
    pgbench_result lone = rival_with(c, 1, seconds);
    r->lone_per_s[round] = lone.per_s;
    r->lone_p50_us[round] = lone.p50_us;
    r->rival_per_s[round] = rival_best(c, seconds).per_s;
    read_versions(pool);
    for (size_t i = 0; i < countof(waiting); i++) {
        figures f = combined(pool, waiting[i], seconds);
        r->ours_per_s[i][round] = f.per_s;
        r->ours_p50_us[i][round] = f.p50_us;
        r->ours_p99_us[i][round] = f.p99_us;
    }
}

static void run(int connections, int seconds) {
    bh_call *c = call_new("bench", 30000);
    pg_pool *pool = open_pool(c, connections);
    rounds r;
    for (int round = 0; round < ROUNDS; round++)
        run_round(c, pool, seconds, &r, round);
    pg_pool_close(pool);
    print(connections, &r);
    call_free(c);
}

int main(int argc, char **argv) {
    int seconds = argc > 1 ? (int) strtol(argv[1], NULL, 10) : 2;
    must(seconds > 0 && getenv("BIHUAN_TEST_DATABASE"), "usage: tests/with-database bench_store [SECONDS]");
    pgbench_sql(getenv("BIHUAN_TEST_DATABASE"), "\\i " BIHUAN_TOP "/bench/store/schema.sql");
    run(1, seconds);
    run(2, seconds);
    return 0;
}

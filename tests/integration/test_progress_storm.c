/* Many people at the same few reports over two sets of connections: every version belongs to one command, a repeated
 * command gets its first answer, and the audit entries of a report form one chain. And one report beside one move. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "integration/progress_kit.h"

enum { POOLS = 2, THREADS = 6, COMMANDS = 80, UNITS = 4, VERSIONS_MAX = POOLS * THREADS * COMMANDS };

/* What the threads believe and saw: the version of each unit's report, and who was told to have made which. */
static atomic_int newest[UNITS];
static atomic_int made[UNITS][VERSIONS_MAX];
static const char *report_ids[UNITS];

typedef struct worker {
    desk *desk;
    unsigned seed;
    int wrong; /* repeats with another answer */
    pthread_t thread;
} worker;

typedef struct attempt {
    const char *method;
    const char *fields;
    const char *id;
    principal who;
} attempt;

/* A submission or a judgement by one of three people of the unit, at the version last heard of or the one before. */
static attempt invent(worker *w, int unit) {
    int version = atomic_load(&newest[unit]) - (rand_r(&w->seed) % 8 == 0);
    int kind = rand_r(&w->seed) % 3;
    attempt a = { .id = desk_request_id(w->desk), .who = { .unit_id = 10 + unit, .login = "someone" } };
    a.who.user_id = 10 * unit + 1 + rand_r(&w->seed) % 3;
    a.who.post = kind ? POST_HEAD : POST_HANDLER;
    if (kind == 0) {
        a.method = "SubmitReport";
        a.fields = desk_text(w->desk, "\"task_id\":\"" TASK "\",\"period\":\"2025-06\",\"version\":%d,\"text\":\"x\"",
                             version);
    } else {
        a.method = kind == 1 ? "ApproveReport" : "SendBackReport";
        a.fields = desk_text(w->desk, "\"report_id\":\"%s\",\"version\":%d%s", report_ids[unit], version,
                             kind == 1 ? "" : ",\"reason\":\"r\"");
    }
    return a;
}

static void note(worker *w, int unit, const char *answer) {
    int version = (int) strtol(desk_value(w->desk, answer, "version"), NULL, 10);
    atomic_fetch_add(&made[unit][version], 1);
    int seen = atomic_load(&newest[unit]);
    while (seen < version && !atomic_compare_exchange_weak(&newest[unit], &seen, version))
        ;
}

static void *work(void *data) {
    worker *w = data;
    for (int i = 0; i < COMMANDS; i++) {
        int unit = rand_r(&w->seed) % UNITS;
        attempt a = invent(w, unit);
        const char *answer = desk_call_as(w->desk, a.method, &a.who, a.id, "%s", a.fields);
        if (*answer == '!')
            continue;
        note(w, unit, answer);
        if (strcmp(answer, desk_call_as(w->desk, a.method, &a.who, a.id, "%s", a.fields)) != 0)
            w->wrong++;
    }
    return NULL;
}

static void prepare(desk *d) {
    desk_sql(d, TASK_ROW);
    desk_sql(d, "insert into task.leg (site_id, task_id, unit_id, role, state) select 1, '" TASK
                "', u, 2, 2 from generate_series(10, 13) u");
    desk_sql(d, "insert into progress.sheet (site_id, report_id, task_id, unit_id, period, due) select 1, "
                "progress.report_id('" TASK "', u, '2025-06-01'), '" TASK
                "', u, '2025-06-01', '2025-06-30' from generate_series(10, 13) u");
    for (int unit = 0; unit < UNITS; unit++)
        report_ids[unit] = desk_sql(d, "select report_id from progress.sheet where unit_id = %d", 10 + unit);
}

static void assert_consistent(desk *d) {
    int total = 0;
    for (int unit = 0; unit < UNITS; unit++) {
        const char *stored = desk_sql(d, "select version from progress.sheet where unit_id = %d", 10 + unit);
        int version = (int) strtol(stored, NULL, 10);
        total += version;
        for (int v = 1; v < VERSIONS_MAX; v++)
            if (atomic_load(&made[unit][v]) != (v <= version))
                fail_msg("unit %d, version %d of %d: %d acknowledged", unit, v, version, atomic_load(&made[unit][v]));
    }
    assert_true(total > UNITS);
    const char *sum = desk_text(d, "%d", total);
    assert_string_equal(desk_sql(d, "select count(*) from progress.report"), sum);
    assert_string_equal(desk_sql(d, "select count(*) from progress.idem"), sum);
    assert_string_equal(desk_sql(d, "select count(*) from audit.pending"), sum);
    assert_string_equal(
        desk_sql(d, "select bool_and(n = version and m = version) from (select s.version, count(*) n, max(r.version) m "
                    "from progress.sheet s join progress.report r using (site_id, report_id) group by s.report_id, "
                    "s.version) x"),
        "t");
    /* Walking back from each report's hash passes every entry once. */
    assert_string_equal(
        desk_sql(d, "with recursive chain as (select leaf_hash as hash, 0 as n from progress.sheet union all "
                    "select substring(p.leaf from octet_length(p.leaf) - 31), n + 1 from chain c join audit.pending p "
                    "on sha256('\\x00'::bytea || p.leaf) = c.hash) select count(*) from chain where n > 0"),
        sum);
    assert_string_equal(
        desk_sql(d, "select count(*) from progress.sheet where approved_by = submitted_by and approved_by <> 0"), "0");
}

static void test_storm(UNUSED void **state) {
    desk *pools[POOLS];
    worker workers[POOLS * THREADS];
    for (int i = 0; i < POOLS; i++)
        pools[i] = desk_open(&progress_service);
    prepare(pools[0]);
    for (int i = 0; i < POOLS * THREADS; i++) {
        workers[i] = (worker){ .desk = desk_share(pools[i % POOLS]), .seed = (unsigned) i + 1 };
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    int wrong = 0;
    for (int i = 0; i < POOLS * THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        wrong += workers[i].wrong;
        desk_close(workers[i].desk);
    }
    assert_int_equal(wrong, 0);
    assert_consistent(pools[0]);
    for (int i = 0; i < POOLS; i++)
        desk_close(pools[i]);
}

typedef struct crossing {
    desk *desk;
    const char *answer;
} crossing;

/* The last unit hands in once more. */
static void *submit_meanwhile(void *data) {
    static const principal handler = { .user_id = 1, .unit_id = 13, .post = POST_HANDLER, .login = "someone" };
    crossing *x = data;
    x->answer = desk_call(x->desk, "SubmitReport", &handler,
                          "\"task_id\":\"" TASK "\",\"period\":\"2025-06\",\"version\":%d,\"text\":\"x\"",
                          atomic_load(&newest[UNITS - 1]));
    return NULL;
}

/* A report that waits for a move of its task is judged by what the move leaves, of the leg too. After the storm. */
static void test_a_report_that_crosses_a_move(UNUSED void **state) {
    desk *mover = desk_open(&progress_service), *witness = desk_open(&progress_service);
    crossing x = { .desk = desk_share(mover) };
    pthread_t thread;
    desk_sql(mover, "begin; update task.task set version = 2; update task.leg set state = %d where unit_id = 13",
             LEG_RELEASED);
    assert_int_equal(pthread_create(&thread, NULL, submit_meanwhile, &x), 0);
    desk_sql(witness, "do $$ begin for i in 1..10000 loop exit when exists (select from pg_stat_activity join pg_locks "
                      "using (pid) where datname = current_database() and not granted); "
                      "perform pg_sleep(0.002); end loop; end $$");
    desk_sql(mover, "commit");
    pthread_join(thread, NULL);
    assert_starts(x.answer, "!REPORT_NO_LEG");
    desk_close(x.desk);
    desk_close(witness);
    desk_close(mover);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_storm),
                                        cmocka_unit_test(test_a_report_that_crosses_a_move) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

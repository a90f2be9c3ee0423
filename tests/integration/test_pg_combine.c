/* Commands in sets: who travels with whom, who waits, who pays. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "integration/pgtemp.h"
#include "integration/pgtest.h"

enum { CALLERS_MAX = 32 };

static const char *conninfo;

static int make_tables(UNUSED void **state) {
    conninfo = pgtest_database();
    pgtemp_sql(conninfo, pgtest_schema);
    return 0;
}

static pg_pool *open_pool(int connections, int set_max) {
    pg_options options = pgtest_options(conninfo);
    options.connections = connections;
    options.set_max = set_max;
    options.statement_timeout_ms = 3000;
    return pgtest_pool(options);
}

/* One command in a thread of its own. */
typedef struct caller {
    pthread_t thread;
    pg_pool *pool;
    int64_t timeout_ms;
    int64_t elapsed_ms;
    uuid id;
    uuid key;
    const char *sql;  /* evaluate_set: what it runs; NULL: it bumps the item `id` */
    const char *note; /* of a bump */
    char hash;
    int64_t expected;
    char reason[32]; /* of the error, or "" */
    int64_t outcome;
    int64_t size; /* of the set it travelled in */
} caller;

static bh_err *evaluate(bh_call *c, caller *k, pg_rows *rows) {
    return pg_call(c, &pgtest_sql[PGTEST_SQL_EVALUATE_SET], rows, pg_uuid(&k->id), pg_text(k->sql));
}

static bh_err *bump(bh_call *c, caller *k, pg_rows *rows) {
    return pg_call(c, &pgtest_sql[PGTEST_SQL_BUMP], rows, pg_int(1), pg_uuid(&k->key), pg_bytes(&k->hash, 1),
                   pg_uuid(&k->id), pg_int(k->expected), pg_text(k->note));
}

static void *run_caller(void *arg) {
    caller *k = arg;
    bh_call *c = pgtest_call(k->pool, k->timeout_ms);
    int64_t start = clock_mono_ms();
    pg_rows rows;
    bh_err *err = k->sql ? evaluate(c, k, &rows) : bump(c, k, &rows);
    k->elapsed_ms = clock_mono_ms() - start;
    snprintf(k->reason, sizeof(k->reason), "%s", err ? err->reason : "");
    if (!err) {
        assert_int_equal(rows.count, 1);
        k->outcome = pg_get_int(&rows, 0, "outcome");
        k->size = k->sql ? pg_get_int(&rows, 0, "size") : 0;
    }
    call_free(c);
    return NULL;
}

static void start(caller *k) {
    assert_int_equal(pthread_create(&k->thread, NULL, run_caller, k), 0);
}

static void finish(caller *callers, size_t n) {
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
}

static void pause_ms(int ms) {
    nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000L }, NULL);
}

/* Occupies a store connection for this long, so that the callers started meanwhile wait together. */
static void start_nap(caller *k, pg_pool *pool, const char *sql) {
    *k = (caller){ .pool = pool, .timeout_ms = 5000, .id = uuid_v7(1), .sql = sql };
    start(k);
    pause_ms(50);
}

static void add_item(pg_pool *pool, const uuid *id) {
    bh_call *c = pgtest_call(pool, 5000);
    pg_rows rows;
    assert_null(pg_call(c, &pgtest_sql[PGTEST_SQL_ITEM_ADD], &rows, pg_uuid(id)));
    call_free(c);
}

static int64_t version_of(pg_pool *pool, const uuid *id) {
    bh_call *c = pgtest_call(pool, 5000);
    pg_rows rows;
    assert_null(pg_call(c, &pgtest_sql[PGTEST_SQL_ITEM_GET], &rows, pg_uuid(id)));
    int64_t version = pg_get_int(&rows, 0, "version");
    call_free(c);
    return version;
}

/* Callers of one statement, each with its own object, started while the connection is busy. */
static void start_behind_a_nap(caller *napper, caller *callers, size_t n, pg_pool *pool, const char *sql) {
    start_nap(napper, pool, "select pg_sleep(1.2)");
    for (size_t i = 0; i < n; i++) {
        callers[i] = (caller){ .pool = pool, .timeout_ms = 5000, .id = uuid_v7((int64_t) i), .sql = sql };
        start(&callers[i]);
    }
}

static void those_who_wait_travel_together(UNUSED void **state) {
    pg_pool *pool = open_pool(1, 64);
    caller napper, callers[10];
    start_behind_a_nap(&napper, callers, 10, pool, "select 1");
    finish(callers, 10);
    finish(&napper, 1);
    for (size_t i = 0; i < 10; i++) {
        assert_string_equal(callers[i].reason, "");
        assert_int_equal(callers[i].size, 10);
    }
    assert_int_equal(napper.size, 1);
    pg_pool_close(pool);
}

static void a_set_has_a_limit(UNUSED void **state) {
    pg_pool *pool = open_pool(1, 4);
    caller napper, callers[10];
    start_behind_a_nap(&napper, callers, 10, pool, "select 1");
    finish(callers, 10);
    finish(&napper, 1);
    int sizes[5] = { 0 };
    for (size_t i = 0; i < 10; i++)
        sizes[callers[i].size]++;
    assert_int_equal(sizes[4], 8);
    assert_int_equal(sizes[2], 2);
    pg_pool_close(pool);
}

static void an_object_is_once_in_a_set(UNUSED void **state) {
    pg_pool *pool = open_pool(1, 64);
    caller napper, callers[3];
    start_nap(&napper, pool, "select pg_sleep(0.7)");
    for (size_t i = 0; i < 3; i++) {
        callers[i] = (caller){ .pool = pool, .timeout_ms = 5000, .id = { { 7 } }, .sql = "select 1" };
        start(&callers[i]);
    }
    finish(callers, 3);
    finish(&napper, 1);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(callers[i].size, 1);
    pg_pool_close(pool);
}

/* Two store connections: the same object waits, another one does not. */
static void an_object_is_once_in_flight(UNUSED void **state) {
    pg_pool *pool = open_pool(2, 64);
    caller napper;
    start_nap(&napper, pool, "select pg_sleep(2.5)");
    caller same = { .pool = pool, .timeout_ms = 5000, .id = napper.id, .sql = "select 1" };
    caller other = { .pool = pool, .timeout_ms = 5000, .id = { { 9 } }, .sql = "select 1" };
    start(&same);
    start(&other);
    finish(&same, 1);
    finish(&other, 1);
    finish(&napper, 1);
    assert_in_range(same.elapsed_ms, 2000, 5000);
    assert_in_range(other.elapsed_ms, 0, 1900);
    pg_pool_close(pool);
}

static void a_deadline_ends_the_wait_and_nothing_is_done(UNUSED void **state) {
    pg_pool *pool = open_pool(1, 64);
    uuid item = uuid_v7(1);
    add_item(pool, &item);
    caller napper;
    start_nap(&napper, pool, "select pg_sleep(2.5)");
    caller late = { .pool = pool, .timeout_ms = 100, .id = item, .key = uuid_v7(2), .note = "late" };
    start(&late);
    finish(&late, 1);
    finish(&napper, 1);
    assert_string_equal(late.reason, "DEADLINE_EXPIRED");
    assert_in_range(late.elapsed_ms, 90, 2000);
    assert_int_equal(version_of(pool, &item), 0);
    pg_pool_close(pool);
}

static void a_deadline_does_not_end_a_set(UNUSED void **state) {
    pg_pool *pool = open_pool(1, 64);
    caller napper, callers[2];
    start_nap(&napper, pool, "select pg_sleep(0.3)");
    for (size_t i = 0; i < 2; i++) {
        callers[i] = (caller){ .pool = pool, .timeout_ms = 800, .id = uuid_v7(1), .sql = "select pg_sleep(0.8)" };
        start(&callers[i]);
    }
    finish(callers, 2);
    finish(&napper, 1);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(callers[i].reason, "");
        assert_in_range(callers[i].elapsed_ms, 1000, 4000);
    }
    pg_pool_close(pool);
}

/* Bumps of new items that wait together. */
static void start_bumps(caller *napper, caller *callers, size_t n, pg_pool *pool) {
    for (size_t i = 0; i < n; i++) {
        callers[i] = (caller){ .pool = pool, .timeout_ms = 5000, .id = uuid_v7(1), .key = uuid_v7(1), .note = "fine" };
        add_item(pool, &callers[i].id);
    }
    start_nap(napper, pool, "select pg_sleep(0.5)");
}

static void run_bumps(caller *napper, caller *callers, size_t n) {
    for (size_t i = 0; i < n; i++)
        start(&callers[i]);
    finish(callers, n);
    finish(napper, 1);
}

static void only_the_guilty_pay(UNUSED void **state) {
    enum { N = 11, GUILTY = 6 };
    pg_pool *pool = open_pool(1, 64);
    caller napper, callers[N];
    start_bumps(&napper, callers, N, pool);
    callers[GUILTY].note = "poison";
    run_bumps(&napper, callers, N);
    for (int i = 0; i < N; i++) {
        assert_string_equal(callers[i].reason, i == GUILTY ? "CONSTRAINT_VIOLATED" : "");
        assert_int_equal(version_of(pool, &callers[i].id), i != GUILTY);
    }
    pg_pool_close(pool);
}

/* One key for two items in one set: the primary key refuses the set; apart, the second one sees the first. */
static void a_key_serves_one_command(UNUSED void **state) {
    pg_pool *pool = open_pool(1, 64);
    caller napper, callers[4];
    start_bumps(&napper, callers, 4, pool);
    callers[1].key = callers[0].key;
    callers[1].hash = 1;
    run_bumps(&napper, callers, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(callers[i].reason, "");
    assert_int_equal(callers[0].outcome + callers[1].outcome, 5);
    assert_int_equal(callers[2].outcome + callers[3].outcome, 0);
    pg_pool_close(pool);
}

static void the_same_command_twice_is_done_once(UNUSED void **state) {
    pg_pool *pool = open_pool(1, 64);
    caller napper, callers[3];
    start_bumps(&napper, callers, 3, pool);
    callers[1] = callers[0];
    run_bumps(&napper, callers, 3);
    assert_int_equal(callers[0].outcome + callers[1].outcome, 4);
    assert_int_equal(callers[2].outcome, 0);
    assert_int_equal(version_of(pool, &callers[0].id), 1);
    pg_pool_close(pool);
}

/* The statement answers without the ordinal each time: the others get their rows, this one gives up at a limit. */
static void a_command_without_a_row_is_repeated_a_few_times(UNUSED void **state) {
    pg_pool *pool = open_pool(1, 64);
    bh_call *c = pgtest_call(pool, 5000);
    pg_rows rows;
    bh_err *err = pg_call(c, &pgtest_sql[PGTEST_SQL_AGAIN_SET], &rows, pg_null());
    assert_non_null(err);
    assert_string_equal(err->reason, "CONCURRENT_CHANGE");
    uuid id = { { 1 } };
    assert_null(pg_call(c, &pgtest_sql[PGTEST_SQL_AGAIN_SET], &rows, pg_uuid(&id)));
    call_free(c);
    pg_pool_close(pool);
}

static void check_all(const caller *callers, size_t n, const char *reason) {
    for (size_t i = 0; i < n; i++)
        assert_string_equal(callers[i].reason, reason);
}

static void conflicts_of_a_set_are_tried_again(UNUSED void **state) {
    pg_pool *pool = open_pool(1, 64);
    pgtemp_sql(conninfo, "alter sequence attempts restart");
    caller napper, callers[3];
    start_behind_a_nap(&napper, callers, 3, pool,
                       "select case when last_value < 4 then fail('40001') else 'done' end from attempts");
    finish(callers, 3);
    finish(&napper, 1);
    check_all(callers, 3, "");
    pg_pool_close(pool);
}

static void a_fault_of_the_server_is_everybodys(UNUSED void **state) {
    static const char *const faults[][2] = {
        { "select fail('40P01')", "DATABASE_BUSY" },
        { "select fail('53200')", "DATABASE_FULL" },
        { "select pg_sleep(5)", "DATABASE_UNAVAILABLE" },
        { "select pg_terminate_backend(pg_backend_pid())", "DATABASE_UNAVAILABLE" },
        { "select warn()", "OUTCOME_UNKNOWN" },
        { "select 1", "" },
    };
    pg_pool *pool = open_pool(1, 64);
    for (size_t i = 0; i < countof(faults); i++) {
        caller napper, callers[3];
        start_behind_a_nap(&napper, callers, 3, pool, faults[i][0]);
        finish(callers, 3);
        finish(&napper, 1);
        check_all(callers, 3, faults[i][1]);
    }
    pg_pool_close(pool);
}

/* While a set is halved, those who have their rows do not wait for the rest; only the leader (the first) does. */
static void nobody_waits_for_anothers_second_statement(UNUSED void **state) {
    enum { LEADER, INNOCENT, GUILTY, N };
    pg_pool *pool = open_pool(1, 64);
    caller napper, callers[N];
    start_nap(&napper, pool, "select pg_sleep(0.5)");
    for (size_t i = 0; i < N; i++) {
        const char *sql = i == GUILTY ? "select pg_sleep(0.5), fail('22000')" : "select 1";
        callers[i] = (caller){ .pool = pool, .timeout_ms = 5000, .id = { { (uint8_t) (i + 1) } }, .sql = sql };
        start(&callers[i]);
        pause_ms(5);
    }
    finish(callers, N);
    finish(&napper, 1);
    assert_string_equal(callers[INNOCENT].reason, "");
    assert_string_equal(callers[GUILTY].reason, "VALUE_UNFIT");
    assert_true(callers[GUILTY].elapsed_ms - callers[INNOCENT].elapsed_ms > 400);
    pg_pool_close(pool);
}

/* Members arrive in opposite orders at two processes, each locks its row and stays a while. */
static void sets_lock_rows_in_one_order(UNUSED void **state) {
    static const char *const locks[] = {
        "update item set note = 'x' where item_id = '00000000-0000-0000-0000-000000000001' returning pg_sleep(0.15)",
        "update item set note = 'x' where item_id = '00000000-0000-0000-0000-000000000002' returning pg_sleep(0.15)",
    };
    caller nappers[2], callers[2][2];
    pg_pool *pools[2];
    pgtemp_sql(conninfo, "alter sequence attempts restart");
    for (size_t i = 0; i < 2; i++) {
        uuid id = { { [15] = (uint8_t) (i + 1) } };
        pools[i] = open_pool(1, 64);
        add_item(pools[0], &id);
    }
    for (size_t i = 0; i < 2; i++)
        start_nap(&nappers[i], pools[i], "select pg_sleep(0.5)");
    for (size_t i = 0; i < 4; i++) {
        size_t item = i % 2 ^ i / 2;
        caller k = { .pool = pools[i / 2], .timeout_ms = 5000, .id = { { [15] = (uint8_t) (item + 1) } } };
        callers[i / 2][i % 2] = k;
        callers[i / 2][i % 2].sql = locks[item];
        start(&callers[i / 2][i % 2]);
        pause_ms(5);
    }
    for (size_t i = 0; i < 2; i++) {
        finish(callers[i], 2);
        finish(&nappers[i], 1);
        check_all(callers[i], 2, "");
        pg_pool_close(pools[i]);
    }
    /* Each ran once: no set was rolled back by a deadlock and repeated. */
    pgtemp_sql(conninfo, "do $$ begin if (select last_value <> 6 from attempts) then raise 'repeated'; end if; end $$");
}

static void the_plan_of_a_set_is_pinned(UNUSED void **state) {
    pg_pool *pool = open_pool(1, 64);
    bh_call *c = pgtest_call(pool, 5000);
    pg_rows rows;
    uuid id = { { 1 } };
    assert_null(
        pg_call(c, &pgtest_sql[PGTEST_SQL_EVALUATE_SET], &rows, pg_uuid(&id),
                pg_text("select concat_ws(' ', current_setting('enable_seqscan'), current_setting('enable_material'),"
                        " current_setting('plan_cache_mode'))")));
    assert_string_equal(pg_get_text(&rows, 0, "answer"), "off off force_generic_plan");
    call_free(c);
    pg_pool_close(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_who_wait_travel_together),
        cmocka_unit_test(a_set_has_a_limit),
        cmocka_unit_test(an_object_is_once_in_a_set),
        cmocka_unit_test(an_object_is_once_in_flight),
        cmocka_unit_test(a_deadline_ends_the_wait_and_nothing_is_done),
        cmocka_unit_test(a_deadline_does_not_end_a_set),
        cmocka_unit_test(only_the_guilty_pay),
        cmocka_unit_test(a_key_serves_one_command),
        cmocka_unit_test(the_same_command_twice_is_done_once),
        cmocka_unit_test(a_command_without_a_row_is_repeated_a_few_times),
        cmocka_unit_test(conflicts_of_a_set_are_tried_again),
        cmocka_unit_test(a_fault_of_the_server_is_everybodys),
        cmocka_unit_test(nobody_waits_for_anothers_second_statement),
        cmocka_unit_test(sets_lock_rows_in_one_order),
        cmocka_unit_test(the_plan_of_a_set_is_pinned),
    };
    return cmocka_run_group_tests(tests, make_tables, NULL);
}

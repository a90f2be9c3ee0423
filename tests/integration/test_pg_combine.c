/* Commands in sets: who travels with whom, who waits, who pays. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "integration/pgtemp.h"
#include "integration/pgtest.h"

enum { PATIENCE_MS = 60000, TIMEOUT_MS = 20000 };

static const char *conninfo;

static int make_tables(UNUSED void **state) {
    conninfo = pgtest_database();
    pgtemp_sql(conninfo, pgtest_schema);
    return 0;
}

static pg_pool *open_pool_with(int connections, int set_max, int timeout_ms) {
    pg_options options = pgtest_options(conninfo);
    options.connections = connections;
    options.set_max = set_max;
    options.statement_timeout_ms = timeout_ms;
    pgtest_hold_anew(conninfo);
    return pgtest_pool(options);
}

static pg_pool *open_pool(int connections, int set_max) {
    return open_pool_with(connections, set_max, TIMEOUT_MS);
}

/* One command in a thread of its own. */
typedef struct caller {
    pthread_t thread;
    _Atomic pid_t id_of_thread; /* 0 before it runs */
    atomic_bool has_ended;
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
    int64_t size;    /* of the set it travelled in */
    char answer[32]; /* of its sql */
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
    atomic_store(&k->id_of_thread, gettid());
    int64_t start = clock_mono_ms();
    pg_rows rows;
    bh_err *err = k->sql ? evaluate(c, k, &rows) : bump(c, k, &rows);
    k->elapsed_ms = clock_mono_ms() - start;
    snprintf(k->reason, sizeof(k->reason), "%s", err ? err->reason : "");
    if (!err) {
        assert_int_equal(rows.count, 1);
        k->outcome = pg_get_int(&rows, 0, "outcome");
        k->size = k->sql ? pg_get_int(&rows, 0, "size") : 0;
        snprintf(k->answer, sizeof(k->answer), "%s", k->sql ? pg_get_text(&rows, 0, "answer") : "");
    }
    call_free(c);
    atomic_store(&k->has_ended, true);
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
    nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }, NULL);
}

/* What the kernel says of the thread. */
static bool is_asleep(const caller *k) {
    char path[64], line[256] = "";
    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int) k->id_of_thread);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    const char *state = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
    fclose(file);
    return state && state[2] == 'S';
}

/* Starts a caller and waits until it waits for its turn: it sleeps, and goes on sleeping. */
static void start_waiting(caller *k) {
    enum { LOOKS = 5 };
    start(k);
    for (int n = 0; n < LOOKS && !k->has_ended; pause_ms(1))
        n = is_asleep(k) ? n + 1 : 0;
}

/* Occupies a store connection until pgtest_release, so that the callers started meanwhile wait together. The test's
 * nth. */
static void start_holder(caller *k, pg_pool *pool, int nth) {
    *k = (caller){ .pool = pool, .timeout_ms = PATIENCE_MS, .id = uuid_v7(1), .sql = "select hold()" };
    start(k);
    pgtest_wait_held(conninfo, nth);
}

static void add_item(pg_pool *pool, const uuid *id) {
    bh_call *c = pgtest_call(pool, PATIENCE_MS);
    pg_rows rows;
    assert_null(pg_call(c, &pgtest_sql[PGTEST_SQL_ITEM_ADD], &rows, pg_uuid(id)));
    call_free(c);
}

static int64_t version_of(pg_pool *pool, const uuid *id) {
    bh_call *c = pgtest_call(pool, PATIENCE_MS);
    pg_rows rows;
    assert_null(pg_call(c, &pgtest_sql[PGTEST_SQL_ITEM_GET], &rows, pg_uuid(id)));
    int64_t version = pg_get_int(&rows, 0, "version");
    call_free(c);
    return version;
}

/* Callers of one statement, each with its own object, started while the connection is busy. */
static void run_behind_a_holder(caller *holder, caller *callers, size_t n, pg_pool *pool, const char *sql) {
    start_holder(holder, pool, 1);
    for (size_t i = 0; i < n; i++) {
        callers[i] = (caller){ .pool = pool, .timeout_ms = PATIENCE_MS, .id = uuid_v7((int64_t) i), .sql = sql };
        start_waiting(&callers[i]);
    }
    pgtest_release(conninfo);
    finish(callers, n);
    finish(holder, 1);
}

static void those_who_wait_travel_together(UNUSED void **state) {
    pg_pool *pool = open_pool(1, 64);
    caller holder, callers[10];
    run_behind_a_holder(&holder, callers, 10, pool, "select 1");
    for (size_t i = 0; i < 10; i++) {
        assert_string_equal(callers[i].reason, "");
        assert_int_equal(callers[i].size, 10);
    }
    assert_int_equal(holder.size, 1);
    pg_pool_close(pool);
}

/* A set's rows are in the order of its objects, which is not that of arrival. */
static void each_hears_its_own_answer(UNUSED void **state) {
    static const char *const said[] = { "one", "two", "three" };
    static const char *const statements[] = { "select 'one'", "select 'two'", "select 'three'" };
    pg_pool *pool = open_pool(1, 64);
    caller holder, callers[3];
    start_holder(&holder, pool, 1);
    for (size_t i = 0; i < 3; i++) {
        callers[i] = (caller){ .pool = pool, .timeout_ms = PATIENCE_MS, .id = { { (uint8_t) (3 - i) } } };
        callers[i].sql = statements[i];
        start_waiting(&callers[i]);
    }
    pgtest_release(conninfo);
    finish(callers, 3);
    finish(&holder, 1);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(callers[i].answer, said[i]);
    pg_pool_close(pool);
}

static void a_set_has_a_limit(UNUSED void **state) {
    pg_pool *pool = open_pool(1, 4);
    caller holder, callers[10];
    run_behind_a_holder(&holder, callers, 10, pool, "select 1");
    int sizes[5] = { 0 };
    for (size_t i = 0; i < 10; i++)
        sizes[callers[i].size]++;
    assert_int_equal(sizes[4], 8);
    assert_int_equal(sizes[2], 2);
    pg_pool_close(pool);
}

static void an_object_is_once_in_a_set(UNUSED void **state) {
    pg_pool *pool = open_pool(1, 64);
    caller holder, callers[3];
    start_holder(&holder, pool, 1);
    for (size_t i = 0; i < 3; i++) {
        callers[i] = (caller){ .pool = pool, .timeout_ms = PATIENCE_MS, .id = { { 7 } }, .sql = "select 1" };
        start_waiting(&callers[i]);
    }
    pgtest_release(conninfo);
    finish(callers, 3);
    finish(&holder, 1);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(callers[i].size, 1);
    pg_pool_close(pool);
}

/* Two store connections: the same object waits, another one does not. */
static void an_object_is_once_in_flight(UNUSED void **state) {
    pg_pool *pool = open_pool(2, 64);
    caller holder;
    start_holder(&holder, pool, 1);
    caller same = { .pool = pool, .timeout_ms = PATIENCE_MS, .id = holder.id, .sql = "select 1" };
    caller other = { .pool = pool, .timeout_ms = PATIENCE_MS, .id = { { 9 } }, .sql = "select 1" };
    start_waiting(&same);
    start(&other);
    finish(&other, 1);
    assert_false(same.has_ended);
    pgtest_release(conninfo);
    finish(&same, 1);
    finish(&holder, 1);
    assert_string_equal(same.reason, "");
    assert_string_equal(other.reason, "");
    pg_pool_close(pool);
}

static void a_deadline_ends_the_wait_and_nothing_is_done(UNUSED void **state) {
    pg_pool *pool = open_pool(1, 64);
    uuid item = uuid_v7(1);
    add_item(pool, &item);
    caller holder;
    start_holder(&holder, pool, 1);
    caller late = { .pool = pool, .timeout_ms = 100, .id = item, .key = uuid_v7(2), .note = "late" };
    start(&late);
    finish(&late, 1);
    pgtest_release(conninfo);
    finish(&holder, 1);
    assert_string_equal(late.reason, "DEADLINE_EXPIRED");
    assert_true(late.elapsed_ms >= 90);
    assert_int_equal(version_of(pool, &item), 0);
    pg_pool_close(pool);
}

static void a_deadline_does_not_end_a_set(UNUSED void **state) {
    enum { SHORT_MS = 3000 };
    pg_pool *pool = open_pool(1, 64);
    caller holder, callers[2];
    start_holder(&holder, pool, 1);
    for (size_t i = 0; i < 2; i++) {
        callers[i] = (caller){ .pool = pool, .timeout_ms = SHORT_MS, .id = uuid_v7(1), .sql = "select hold(2)" };
        start_waiting(&callers[i]);
    }
    pgtest_release(conninfo);
    pgtest_wait_held(conninfo, 2);
    pause_ms(SHORT_MS);
    pgtest_release(conninfo);
    finish(callers, 2);
    finish(&holder, 1);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(callers[i].reason, "");
        assert_true(callers[i].elapsed_ms >= SHORT_MS);
    }
    pg_pool_close(pool);
}

/* Bumps of new items that wait together. */
static void start_bumps(caller *holder, caller *callers, size_t n, pg_pool *pool) {
    for (size_t i = 0; i < n; i++) {
        callers[i] =
            (caller){ .pool = pool, .timeout_ms = PATIENCE_MS, .id = uuid_v7(1), .key = uuid_v7(1), .note = "fine" };
        add_item(pool, &callers[i].id);
    }
    start_holder(holder, pool, 1);
}

static void run_bumps(caller *holder, caller *callers, size_t n) {
    for (size_t i = 0; i < n; i++)
        start_waiting(&callers[i]);
    pgtest_release(conninfo);
    finish(callers, n);
    finish(holder, 1);
}

static void only_the_guilty_pay(UNUSED void **state) {
    enum { N = 11, GUILTY = 6 };
    pg_pool *pool = open_pool(1, 64);
    caller holder, callers[N];
    start_bumps(&holder, callers, N, pool);
    callers[GUILTY].note = "poison";
    run_bumps(&holder, callers, N);
    for (int i = 0; i < N; i++) {
        assert_string_equal(callers[i].reason, i == GUILTY ? "CONSTRAINT_VIOLATED" : "");
        assert_int_equal(version_of(pool, &callers[i].id), i != GUILTY);
    }
    pg_pool_close(pool);
}

/* One key for two items in one set: the primary key refuses the set; apart, the second one sees the first. */
static void a_key_serves_one_command(UNUSED void **state) {
    pg_pool *pool = open_pool(1, 64);
    caller holder, callers[4];
    start_bumps(&holder, callers, 4, pool);
    callers[1].key = callers[0].key;
    callers[1].hash = 1;
    run_bumps(&holder, callers, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(callers[i].reason, "");
    assert_int_equal(callers[0].outcome + callers[1].outcome, 5);
    assert_int_equal(callers[2].outcome + callers[3].outcome, 0);
    pg_pool_close(pool);
}

static void the_same_command_twice_is_done_once(UNUSED void **state) {
    pg_pool *pool = open_pool(1, 64);
    caller holder, callers[3];
    start_bumps(&holder, callers, 3, pool);
    callers[1] = callers[0];
    run_bumps(&holder, callers, 3);
    assert_int_equal(callers[0].outcome + callers[1].outcome, 4);
    assert_int_equal(callers[2].outcome, 0);
    assert_int_equal(version_of(pool, &callers[0].id), 1);
    pg_pool_close(pool);
}

/* The statement answers without the ordinal each time: the others get their rows, this one gives up at a limit. */
static void a_command_without_a_row_is_repeated_a_few_times(UNUSED void **state) {
    pg_pool *pool = open_pool(1, 64);
    bh_call *c = pgtest_call(pool, PATIENCE_MS);
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
    caller holder, callers[3];
    run_behind_a_holder(&holder, callers, 3, pool,
                        "select case when last_value < 4 then fail('40001') else 'done' end from attempts");
    check_all(callers, 3, "");
    pg_pool_close(pool);
}

static void a_fault_of_the_server_is_everybodys(UNUSED void **state) {
    static const char *const faults[][2] = {
        { "select fail('40P01')", "DATABASE_BUSY" },
        { "select fail('53200')", "DATABASE_FULL" },
        { "select pg_sleep(60)", "DATABASE_UNAVAILABLE" },
        { "select pg_terminate_backend(pg_backend_pid())", "DATABASE_UNAVAILABLE" },
        { "select warn()", "OUTCOME_UNKNOWN" },
        { "select 1", "" },
    };
    pg_pool *pool = open_pool_with(1, 64, 5000);
    for (size_t i = 0; i < countof(faults); i++) {
        caller holder, callers[3];
        pgtest_hold_anew(conninfo);
        run_behind_a_holder(&holder, callers, 3, pool, faults[i][0]);
        check_all(callers, 3, faults[i][1]);
    }
    pg_pool_close(pool);
}

/* While a set is halved, those who have their rows do not wait for the rest; only the leader (the first) does. The
 * guilty one fails with all, then with half, and when it stands alone at last it is held. */
static void nobody_waits_for_anothers_second_statement(UNUSED void **state) {
    enum { LEADER, INNOCENT, GUILTY, N };
    static const char guilty[] = "select case nextval('rounds') when 3 then hold(2) end, fail('22000')";
    pg_pool *pool = open_pool(1, 64);
    caller holder, callers[N];
    pgtemp_sql(conninfo, "create sequence rounds");
    start_holder(&holder, pool, 1);
    for (size_t i = 0; i < N; i++) {
        callers[i] = (caller){ .pool = pool, .timeout_ms = PATIENCE_MS, .id = { { (uint8_t) (i + 1) } } };
        callers[i].sql = i == GUILTY ? guilty : "select 1";
        start_waiting(&callers[i]);
    }
    pgtest_release(conninfo);
    finish(&callers[INNOCENT], 1);
    pgtest_wait_held(conninfo, 2);
    assert_false(callers[LEADER].has_ended);
    pgtest_release(conninfo);
    finish(&callers[LEADER], 1);
    finish(&callers[GUILTY], 1);
    finish(&holder, 1);
    assert_string_equal(callers[INNOCENT].reason, "");
    assert_string_equal(callers[GUILTY].reason, "VALUE_UNFIT");
    pg_pool_close(pool);
}

/* Members arrive in opposite orders at two processes, each locks its row and stays a while. */
static void sets_lock_rows_in_one_order(UNUSED void **state) {
    static const char *const locks[] = {
        "update item set note = 'x' where item_id = '00000000-0000-0000-0000-000000000001' returning pg_sleep(0.15)",
        "update item set note = 'x' where item_id = '00000000-0000-0000-0000-000000000002' returning pg_sleep(0.15)",
    };
    caller holders[2], callers[2][2];
    pg_pool *pools[2];
    pgtemp_sql(conninfo, "alter sequence attempts restart");
    for (size_t i = 0; i < 2; i++) {
        uuid id = { { [15] = (uint8_t) (i + 1) } };
        pools[i] = open_pool(1, 64);
        add_item(pools[0], &id);
    }
    for (size_t i = 0; i < 2; i++)
        start_holder(&holders[i], pools[i], (int) i + 1);
    for (size_t i = 0; i < 4; i++) {
        size_t item = i % 2 ^ i / 2;
        caller k = { .pool = pools[i / 2], .timeout_ms = PATIENCE_MS, .id = { { [15] = (uint8_t) (item + 1) } } };
        callers[i / 2][i % 2] = k;
        callers[i / 2][i % 2].sql = locks[item];
        start_waiting(&callers[i / 2][i % 2]);
    }
    pgtest_release(conninfo);
    for (size_t i = 0; i < 2; i++) {
        finish(callers[i], 2);
        finish(&holders[i], 1);
        check_all(callers[i], 2, "");
        pg_pool_close(pools[i]);
    }
    /* Each ran once: no set was rolled back by a deadlock and repeated. */
    pgtemp_sql(conninfo, "do $$ begin if (select last_value <> 6 from attempts) then raise 'repeated'; end if; end $$");
}

static void the_plan_of_a_set_is_pinned(UNUSED void **state) {
    pg_pool *pool = open_pool(1, 64);
    bh_call *c = pgtest_call(pool, PATIENCE_MS);
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
        cmocka_unit_test(each_hears_its_own_answer),
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

/* Every way a statement can fail, against a real server. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "integration/pgtemp.h"
#include "integration/pgtest.h"

enum { PATIENCE_MS = 20000 };

static const char *conninfo;
static pg_pool *pool;

static int open_pool(UNUSED void **state) {
    conninfo = pgtest_database();
    pgtemp_sql(conninfo, pgtest_schema);
    pool = pgtest_pool(pgtest_options(conninfo));
    return 0;
}

static int close_pool(UNUSED void **state) {
    pg_pool_close(pool);
    return 0;
}

/* Runs SQL through a statement; NULL or the reason of the error, "" for other outcomes. */
static const char *reason_of(int statement, const char *sql) {
    static char reason[64];
    bh_call *c = pgtest_call(pool, PATIENCE_MS);
    pg_rows rows;
    bh_err *err = pg_call(c, &pgtest_sql[statement], &rows, pg_text(sql));
    snprintf(reason, sizeof(reason), "%s", err ? err->reason : "");
    call_free(c);
    return reason;
}

static int64_t number_of(const char *sql) {
    bh_call *c = pgtest_call(pool, PATIENCE_MS);
    pg_rows rows;
    assert_null(pg_call(c, &pgtest_sql[PGTEST_SQL_EVALUATE], &rows, pg_text(sql)));
    int64_t number = strtoll(pg_get_text(&rows, 0, "answer"), NULL, 10);
    call_free(c);
    return number;
}

static void sqlstates_have_their_reasons(UNUSED void **state) {
    static const char *const expected[][2] = {
        { "40001", "DATABASE_BUSY" },        { "40P01", "DATABASE_BUSY" },        { "40003", "OUTCOME_UNKNOWN" },
        { "55P03", "DATABASE_BUSY" },        { "57014", "DATABASE_UNAVAILABLE" }, { "57P01", "DATABASE_UNAVAILABLE" },
        { "08007", "OUTCOME_UNKNOWN" },      { "08006", "DATABASE_UNAVAILABLE" }, { "25006", "DATABASE_UNAVAILABLE" },
        { "26000", "DATABASE_UNAVAILABLE" }, { "0A000", "DATABASE_ERROR" },       { "53100", "DATABASE_FULL" },
        { "23514", "CONSTRAINT_VIOLATED" },  { "22001", "VALUE_UNFIT" },          { "P0001", "DATABASE_ERROR" },
    };
    for (size_t i = 0; i < countof(expected); i++) {
        char sql[64];
        snprintf(sql, sizeof(sql), "select fail('%s')", expected[i][0]);
        assert_string_equal(reason_of(PGTEST_SQL_EVALUATE, sql), expected[i][1]);
    }
}

static void a_constraint_is_named(UNUSED void **state) {
    bh_call *c = pgtest_call(pool, PATIENCE_MS);
    pg_rows rows;
    bh_err *err = pg_call(c, &pgtest_sql[PGTEST_SQL_EVALUATE], &rows,
                          pg_text("insert into item (site_id, item_id, note) values (1, gen_random_uuid(), 'poison')"
                                  " returning note"));
    assert_non_null(err);
    assert_non_null(strstr(err->en, "note_is_clean"));
    call_free(c);
}

static void conflicts_are_tried_six_times(UNUSED void **state) {
    int64_t before = number_of("select last_value from attempts");
    assert_string_equal(reason_of(PGTEST_SQL_EVALUATE, "select fail('40P01')"), "DATABASE_BUSY");
    assert_int_equal(number_of("select last_value from attempts") - before, 7);
}

static void the_server_ends_a_long_statement(UNUSED void **state) {
    int64_t start = clock_mono_ms();
    assert_string_equal(reason_of(PGTEST_SQL_EVALUATE, "select pg_sleep(60)"), "DATABASE_UNAVAILABLE");
    assert_in_range(clock_mono_ms() - start, 900, PATIENCE_MS);
}

static void a_warning_leaves_a_write_in_doubt(UNUSED void **state) {
    assert_string_equal(reason_of(PGTEST_SQL_EVALUATE, "select warn()"), "OUTCOME_UNKNOWN");
    assert_string_equal(reason_of(PGTEST_SQL_EVALUATE_READ, "select warn()"), "");
    assert_string_equal(reason_of(PGTEST_SQL_EVALUATE, "select 1"), "");
}

static void idle_connections_that_died_are_replaced(UNUSED void **state) {
    pgtemp_sql(conninfo, "select pg_terminate_backend(pid, 10000) from pg_stat_activity"
                         " where datname = current_database() and pid <> pg_backend_pid()");
    for (int i = 0; i < 4; i++)
        assert_string_equal(reason_of(PGTEST_SQL_EVALUATE, "select 1"), "");
}

static void a_write_ended_by_the_operator_was_not_done(UNUSED void **state) {
    assert_string_equal(reason_of(PGTEST_SQL_EVALUATE, "select pg_terminate_backend(pg_backend_pid())"),
                        "DATABASE_UNAVAILABLE");
    assert_string_equal(reason_of(PGTEST_SQL_EVALUATE, "select 1"), "");
}

/* The rows of a write come before its commit, at which this backend ends itself. */
static const char dooming[] =
    "create table doomed (item int4);"
    "create function end_backend() returns trigger language plpgsql as $$ begin"
    "  perform pg_terminate_backend(pg_backend_pid()); return null; end $$;"
    "create constraint trigger at_commit after insert on doomed deferrable initially deferred"
    "  for each row execute function end_backend();"
    "create function doom() returns text language sql as $$ insert into doomed values (1) returning 'done' $$;";

static void rows_without_their_commit_are_no_answer(UNUSED void **state) {
    pgtemp_sql(conninfo, dooming);
    assert_string_equal(reason_of(PGTEST_SQL_EVALUATE, "select doom()"), "OUTCOME_UNKNOWN");
    assert_int_equal(number_of("select count(*)::text from doomed"), 0);
}

static void a_read_is_repeated_once(UNUSED void **state) {
    pgtemp_sql(conninfo, "create sequence once");
    assert_string_equal(
        reason_of(PGTEST_SQL_EVALUATE_READ,
                  "select case when nextval('once') = 1 then pg_terminate_backend(pg_backend_pid()) end"),
        "");
    assert_int_equal(number_of("select last_value from once"), 2);
    assert_string_equal(reason_of(PGTEST_SQL_EVALUATE_READ, "select pg_terminate_backend(pg_backend_pid())"),
                        "DATABASE_UNAVAILABLE");
}

/* A backend that stops itself in the middle of a statement; a second one does not. */
static const char freezing[] =
    "create sequence frozen;"
    "create function freeze() returns text language plpgsql as $$ begin"
    "  if (select not is_called from frozen) then perform setval('frozen', pg_backend_pid());"
    "  copy (select 1) to program 'kill -STOP $PPID'; end if; return 'x'; end $$;";

static void a_server_that_falls_silent_leaves_a_write_unknown(UNUSED void **state) {
    static const int statements[] = { PGTEST_SQL_EVALUATE, PGTEST_SQL_EVALUATE_READ };
    static const char *const reasons[] = { "OUTCOME_UNKNOWN", "" };
    pgtemp_sql(conninfo, freezing);
    for (size_t i = 0; i < countof(statements); i++) {
        int64_t start = clock_mono_ms();
        assert_string_equal(reason_of(statements[i], "select freeze()"), reasons[i]);
        assert_in_range(clock_mono_ms() - start, 2900, PATIENCE_MS);
        kill((pid_t) number_of("select last_value from frozen"), SIGCONT);
        pgtemp_sql(conninfo, "alter sequence frozen restart");
    }
}

static void *stay(void *patient) {
    bh_call *c = pgtest_call(patient, PATIENCE_MS);
    pg_rows rows;
    assert_null(pg_call(c, &pgtest_sql[PGTEST_SQL_EVALUATE], &rows, pg_text("select hold()")));
    call_free(c);
    return NULL;
}

static void the_wait_for_a_connection_ends_at_the_deadline(UNUSED void **state) {
    pthread_t threads[2];
    pg_options options = pgtest_options(conninfo);
    options.statement_timeout_ms = PATIENCE_MS;
    pg_pool *patient = pgtest_pool(options);
    pgtest_hold_anew(conninfo);
    for (size_t i = 0; i < countof(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, stay, patient), 0);
    pgtest_wait_held(conninfo, countof(threads));
    bh_call *c = pgtest_call(patient, 100);
    pg_rows rows;
    int64_t start = clock_mono_ms();
    bh_err *err = pg_call(c, &pgtest_sql[PGTEST_SQL_EVALUATE], &rows, pg_text("select 1"));
    assert_in_range(clock_mono_ms() - start, 90, PATIENCE_MS);
    assert_string_equal(err->reason, "DEADLINE_EXPIRED");
    err = pg_call(c, &pgtest_sql[PGTEST_SQL_EVALUATE], &rows, pg_text("select 1"));
    assert_string_equal(err->reason, "DEADLINE_EXPIRED");
    call_free(c);
    pgtest_release(conninfo);
    for (size_t i = 0; i < countof(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    pg_pool_close(patient);
}

/* A pool that cannot work does not open, and says which file is at fault. */
static void check_open_fails(const char *where, const pg_stmt *stmt, const char *reason, const char *word) {
    bh_call *c = call_new("test", 5000);
    pg_options options = pgtest_options(where);
    pg_pool *none = NULL;
    bh_err *err = pg_pool_open(c, &options, stmt, 1, &none);
    assert_non_null(err);
    assert_string_equal(err->reason, reason);
    assert_non_null(strstr(err->en, word));
    assert_null(none);
    call_free(c);
}

static void a_pool_that_cannot_work_does_not_open(UNUSED void **state) {
    static const pg_param ids[] = { { "id", "uuid[]" } };
    static const pg_param id[] = { { "id", "uuid" } };
    static const pg_stmt broken = { .name = "x/broken.sql", .text = "select nonsense from nowhere" };
    static const pg_stmt no_ord = { .name = "x/no_ord.sql",
                                    .text = "select id from unnest($1) as t (id)",
                                    .params = ids,
                                    .param_count = 1,
                                    .combine = 1 };
    static const pg_stmt scalar = {
        .name = "x/scalar.sql", .text = "select 1::int8 as ord, $1", .params = id, .param_count = 1, .combine = 1
    };
    check_open_fails(conninfo, &broken, "STATEMENT_INVALID", "x/broken.sql");
    check_open_fails(conninfo, &no_ord, "STATEMENT_INVALID", "x/no_ord.sql");
    check_open_fails(conninfo, &scalar, "STATEMENT_INVALID", "x/scalar.sql");
    check_open_fails("host=/nonexistent", &no_ord, "DATABASE_UNAVAILABLE", "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sqlstates_have_their_reasons),
        cmocka_unit_test(a_constraint_is_named),
        cmocka_unit_test(conflicts_are_tried_six_times),
        cmocka_unit_test(the_server_ends_a_long_statement),
        cmocka_unit_test(a_warning_leaves_a_write_in_doubt),
        cmocka_unit_test(idle_connections_that_died_are_replaced),
        cmocka_unit_test(a_write_ended_by_the_operator_was_not_done),
        cmocka_unit_test(rows_without_their_commit_are_no_answer),
        cmocka_unit_test(a_read_is_repeated_once),
        cmocka_unit_test(a_server_that_falls_silent_leaves_a_write_unknown),
        cmocka_unit_test(the_wait_for_a_connection_ends_at_the_deadline),
        cmocka_unit_test(a_pool_that_cannot_work_does_not_open),
    };
    return cmocka_run_group_tests(tests, open_pool, close_pool);
}

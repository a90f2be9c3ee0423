/* Calls that are given up: what reaches the server, what is kept, and what nobody may say about it. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "integration/pgtemp.h"
#include "integration/pgtest.h"

enum { PATIENCE_MS = 60000, STATEMENT_MS = 30000 };

static pgtemp server;
static pg_pool *pool;

static pg_pool *open_pool(int statement_timeout_ms) {
    pg_options options = pgtest_options(server.conninfo);
    options.readers = 1; /* so that the test knows which backend a statement has */
    options.statement_timeout_ms = statement_timeout_ms;
    return pgtest_pool(options);
}

static int start_server(UNUSED void **state) {
    pgtemp_start(&server);
    pgtemp_sql(server.conninfo, pgtest_schema);
    return 0;
}

static int stop_server(UNUSED void **state) {
    pgtemp_stop(&server);
    return 0;
}

static int set_up(UNUSED void **state) {
    pgtest_hold_anew(server.conninfo);
    pool = open_pool(STATEMENT_MS);
    return 0;
}

static int tear_down(UNUSED void **state) {
    pg_pool_close(pool);
    return 0;
}

/* One call in a thread of its own, which anybody may give up. */
typedef struct caller {
    pthread_t thread;
    int statement;
    const char *sql;
    uuid id; /* of a command that travels in a set */
    int64_t timeout_ms;
    atomic_bool cancelled;
    char reason[32]; /* of the error, or "" */
} caller;

static bh_err *invoke(caller *k, bh_call *c) {
    pg_rows rows;
    if (k->statement == PGTEST_SQL_EVALUATE_SET)
        return pg_call(c, &pgtest_sql[k->statement], &rows, pg_uuid(&k->id), pg_text(k->sql));
    return pg_call(c, &pgtest_sql[k->statement], &rows, pg_text(k->sql));
}

static void *run_caller(void *data) {
    caller *k = data;
    bh_call *c = pgtest_call(pool, k->timeout_ms ? k->timeout_ms : PATIENCE_MS);
    c->cancelled = &k->cancelled;
    bh_err *err = invoke(k, c);
    snprintf(k->reason, sizeof(k->reason), "%s", err ? err->reason : "");
    call_free(c);
    return NULL;
}

static void start(caller *k) {
    assert_int_equal(pthread_create(&k->thread, NULL, run_caller, k), 0);
}

static const char *end_of(caller *k) {
    assert_int_equal(pthread_join(k->thread, NULL), 0);
    return k->reason;
}

static const char *reason_of(caller *k) {
    start(k);
    return end_of(k);
}

static int64_t number_of(const char *sql) {
    bh_call *c = pgtest_call(pool, PATIENCE_MS);
    pg_rows rows;
    assert_null(pg_call(c, &pgtest_sql[PGTEST_SQL_EVALUATE], &rows, pg_text(sql)));
    int64_t number = strtoll(pg_get_text(&rows, 0, "answer"), NULL, 10);
    call_free(c);
    return number;
}

static int64_t backend(void) {
    return number_of("select pg_backend_pid()");
}

static void pause_ms(int ms) {
    nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }, NULL);
}

/* What the server itself says: no other session is at work. */
static void wait_until_nobody_works(void) {
    pgtemp_sql(
        server.conninfo,
        "do $$ begin for i in 1..10000 loop"
        "  if not exists (select from pg_stat_activity where state = 'active' and backend_type = 'client backend'"
        "                    and pid <> pg_backend_pid()) then return; end if;"
        "  perform pg_sleep(0.002), pg_stat_clear_snapshot(); end loop; raise 'a statement goes on'; end $$");
}

static bool metrics_say(const char *line) {
    arena *mem = arena_new(1 << 20);
    buf out;
    buf_init(&out, mem);
    pg_pool_metrics(pool, &out);
    bool is_said = strstr(out.s, line) != NULL;
    arena_free(mem);
    return is_said;
}

/* --- one statement --- */

static void a_read_that_is_given_up_ends_at_the_server(UNUSED void **state) {
    caller k = { .statement = PGTEST_SQL_EVALUATE_READ, .sql = "select hold()" };
    int64_t kept = backend();
    start(&k);
    pgtest_wait_held(server.conninfo, 1);
    atomic_store(&k.cancelled, true);
    assert_string_equal(end_of(&k), "CALL_CANCELLED");
    wait_until_nobody_works();
    assert_true(backend() == kept);
    assert_true(metrics_say("bihuan_pg_stopped_total 1\n"));
}

static void a_read_whose_deadline_passes_ends_at_the_server(UNUSED void **state) {
    caller k = { .statement = PGTEST_SQL_EVALUATE_READ, .sql = "select hold()", .timeout_ms = 500 };
    assert_string_equal(reason_of(&k), "DEADLINE_EXPIRED");
    wait_until_nobody_works();
}

static void a_write_that_is_given_up_is_undone(UNUSED void **state) {
    caller k = { .statement = PGTEST_SQL_EVALUATE,
                 .sql = "with x as (insert into item (site_id, item_id) values (2, gen_random_uuid()) returning 1)"
                        " select hold() from x" };
    start(&k);
    pgtest_wait_held(server.conninfo, 1);
    atomic_store(&k.cancelled, true);
    assert_string_equal(end_of(&k), "CALL_CANCELLED");
    assert_int_equal(number_of("select count(*) from item where site_id = 2"), 0);
}

/* The signal is spent before the connection is used again. */
static void the_next_statement_is_not_hit(UNUSED void **state) {
    enum { ROUNDS = 50 };
    for (int i = 0; i < ROUNDS; i++) {
        caller k = { .statement = PGTEST_SQL_EVALUATE_READ, .sql = "select pg_sleep(60)" };
        caller next = { .statement = PGTEST_SQL_EVALUATE_READ, .sql = "select pg_sleep(0.01)" };
        start(&k);
        pause_ms(i % 5);
        atomic_store(&k.cancelled, true);
        assert_string_equal(reason_of(&next), "");
        assert_string_equal(end_of(&k), "CALL_CANCELLED");
    }
}

static void what_was_given_up_before_is_never_sent(UNUSED void **state) {
    caller k = { .statement = PGTEST_SQL_EVALUATE, .sql = "select hold()", .cancelled = true };
    assert_string_equal(reason_of(&k), "CALL_CANCELLED");
    assert_int_equal(number_of("select is_called::int from holding"), 0);
}

static void the_wait_for_a_connection_is_given_up(UNUSED void **state) {
    caller holder = { .statement = PGTEST_SQL_EVALUATE_READ, .sql = "select hold()" };
    caller k = { .statement = PGTEST_SQL_EVALUATE, .sql = "select nextval('holding')" };
    start(&holder);
    pgtest_wait_held(server.conninfo, 1);
    start(&k);
    pause_ms(100);
    atomic_store(&k.cancelled, true);
    assert_string_equal(end_of(&k), "CALL_CANCELLED");
    pgtest_release(server.conninfo);
    assert_string_equal(end_of(&holder), "");
    assert_int_equal(number_of("select last_value from holding"), 0);
}

/* --- sets --- */

static void a_set_survives_a_member_that_is_given_up(UNUSED void **state) {
    caller holder = { .statement = PGTEST_SQL_EVALUATE_SET, .sql = "select hold()", .id = uuid_v7(1) };
    caller members[3];
    start(&holder);
    pgtest_wait_held(server.conninfo, 1);
    for (int i = 0; i < 3; i++) {
        members[i] = (caller){ .statement = PGTEST_SQL_EVALUATE_SET, .sql = "select hold(2)", .id = uuid_v7(2 + i) };
        start(&members[i]);
    }
    while (!metrics_say("bihuan_pg_commands_waiting 3\n"))
        pause_ms(1);
    pgtest_release(server.conninfo);
    pgtest_wait_held(server.conninfo, 2);
    for (int i = 0; i < 2; i++)
        atomic_store(&members[i].cancelled, true);
    pause_ms(100);
    pgtest_release(server.conninfo);
    assert_string_equal(end_of(&holder), "");
    for (int i = 0; i < 3; i++)
        assert_string_equal(end_of(&members[i]), "");
}

static void a_command_that_waits_leaves_the_set(UNUSED void **state) {
    caller holder = { .statement = PGTEST_SQL_EVALUATE_SET, .sql = "select hold()", .id = uuid_v7(1) };
    caller k = { .statement = PGTEST_SQL_EVALUATE_SET, .sql = "select nextval('holding')", .id = uuid_v7(2) };
    start(&holder);
    pgtest_wait_held(server.conninfo, 1);
    start(&k);
    while (!metrics_say("bihuan_pg_commands_waiting 1\n"))
        pause_ms(1);
    atomic_store(&k.cancelled, true);
    assert_string_equal(end_of(&k), "CALL_CANCELLED");
    pgtest_release(server.conninfo);
    assert_string_equal(end_of(&holder), "");
    assert_int_equal(number_of("select last_value from holding"), 0);
}

/* --- in doubt --- */

static void freeze(bool is_deaf) {
    kill(server.postmaster, is_deaf ? SIGSTOP : SIGCONT);
}

static void hide_socket(bool is_deaf) {
    char there[sizeof(server.dir) + 32], away[sizeof(server.dir) + 32];
    snprintf(there, sizeof(there), "%s/run/.s.PGSQL.5432", server.dir);
    snprintf(away, sizeof(away), "%s/run/away", server.dir);
    assert_int_equal(rename(is_deaf ? there : away, is_deaf ? away : there), 0);
}

/* A postmaster that is frozen takes the wish and does nothing, one that is not found never hears of it; the statement
 * ends by its own limit, and its connection is not used again. */
static void a_wish_that_is_not_confirmed_costs_the_connection(UNUSED void **state) {
    enum { SOON_MS = 5000 };
    static void (*const deafen[])(bool) = { freeze, hide_socket };
    pg_pool_close(pool);
    pool = open_pool(SOON_MS);
    for (size_t i = 0; i < countof(deafen); i++) {
        int64_t before = backend();
        caller k = { .statement = PGTEST_SQL_EVALUATE_READ, .sql = "select hold()" };
        pgtest_hold_anew(server.conninfo);
        start(&k);
        pgtest_wait_held(server.conninfo, 1);
        deafen[i](true);
        atomic_store(&k.cancelled, true);
        assert_string_equal(end_of(&k), "CALL_CANCELLED");
        deafen[i](false);
        assert_true(backend() != before);
    }
}

/* The commit is done here and waits for a standby that never comes: told to stop, the server answers with success and a
 * WARNING. How soon after the reload commits wait is its own affair. */
static void a_commit_that_may_count_is_never_called_undone(UNUSED void **state) {
    enum { TRIES = 10000 };
    char reason[sizeof(((caller *) NULL)->reason)] = "";
    int64_t done = 0;
    pgtemp_sql(server.conninfo, "alter system set synchronous_standby_names = 'nobody'");
    pgtemp_sql(server.conninfo, "select pg_reload_conf()");
    for (int i = 0; i < TRIES && strcmp(reason, "OUTCOME_UNKNOWN") != 0; i++) {
        caller k = { .statement = PGTEST_SQL_EVALUATE,
                     .sql = "insert into item (site_id, item_id) values (3, gen_random_uuid()) returning note",
                     .timeout_ms = 1000 };
        snprintf(reason, sizeof(reason), "%s", reason_of(&k));
        done += strcmp(reason, "DEADLINE_EXPIRED") != 0;
    }
    assert_string_equal(reason, "OUTCOME_UNKNOWN");
    assert_int_equal(number_of("select count(*) from item where site_id = 3"), done);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_read_that_is_given_up_ends_at_the_server),
        TEST(a_read_whose_deadline_passes_ends_at_the_server),
        TEST(a_write_that_is_given_up_is_undone),
        TEST(the_next_statement_is_not_hit),
        TEST(what_was_given_up_before_is_never_sent),
        TEST(the_wait_for_a_connection_is_given_up),
        TEST(a_set_survives_a_member_that_is_given_up),
        TEST(a_command_that_waits_leaves_the_set),
        TEST(a_wish_that_is_not_confirmed_costs_the_connection),
        TEST(a_commit_that_may_count_is_never_called_undone),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}

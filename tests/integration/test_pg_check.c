/* Whether the database can be reached: with a server that goes, comes back and falls silent. */
#include <setjmp.h>
#include <signal.h>
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

enum { PATIENCE_MS = 20000 };

static pgtemp server;
static pg_pool *pool;

/* A single reader, so that the test knows which backend a check uses. */
static int start(UNUSED void **state) {
    pgtemp_start(&server);
    pgtemp_sql(server.conninfo, pgtest_schema);
    pg_options options = pgtest_options(server.conninfo);
    options.readers = 1;
    pool = pgtest_pool(options);
    return 0;
}

static int stop(UNUSED void **state) {
    pg_pool_close(pool);
    pgtemp_stop(&server);
    return 0;
}

/* "" or the reason. */
static const char *check(int64_t timeout_ms) {
    static char reason[64];
    bh_call *c = pgtest_call(pool, timeout_ms);
    bh_err *err = pg_check(c);
    snprintf(reason, sizeof(reason), "%s", err ? err->reason : "");
    call_free(c);
    return reason;
}

static void becomes(const char *reason) {
    int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
    while (strcmp(check(1000), reason) != 0) {
        assert_true(clock_mono_ms() < until_ms);
        nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
    }
}

/* Runs a statement; the process that ran it. */
static pid_t backend(void) {
    bh_call *c = pgtest_call(pool, 5000);
    pg_rows rows;
    assert_null(pg_call(c, &pgtest_sql[PGTEST_SQL_EVALUATE], &rows, pg_text("select pg_backend_pid()")));
    pid_t pid = (pid_t) strtol(pg_get_text(&rows, 0, "answer"), NULL, 10);
    call_free(c);
    return pid;
}

static void a_server_that_is_away_is_noticed_and_so_is_its_return(UNUSED void **state) {
    assert_string_equal(check(5000), "");
    pgtemp_kill(&server);
    becomes("DATABASE_UNAVAILABLE");
    pgtemp_restart(&server);
    becomes("");
}

static void a_server_that_falls_silent_is_noticed(UNUSED void **state) {
    pid_t pid = backend();
    assert_int_equal(kill(pid, SIGSTOP), 0);
    becomes("DATABASE_UNAVAILABLE");
    kill(pid, SIGCONT);
    becomes("");
}

/* The backend sleeps, so an answer can only come from memory. A machine that stalls for a second gets more tries. */
static void an_answer_counts_for_a_second(UNUSED void **state) {
    enum { TRIES = 20 };
    bool is_remembered = false;
    for (int i = 0; i < TRIES && !is_remembered; i++) {
        pid_t pid = backend();
        assert_int_equal(kill(pid, SIGSTOP), 0);
        is_remembered = !*check(100);
        kill(pid, SIGCONT);
        becomes("");
    }
    assert_true(is_remembered);
}

/* Noticed before the second is over, so not by asking. */
static void a_connection_that_broke_is_noticed_at_once(UNUSED void **state) {
    enum { TRIES = 10, FRESH_MS = 1000 };
    bool is_noticed = false;
    for (int i = 0; i < TRIES && !is_noticed; i++) {
        backend();
        int64_t answered_ms = clock_mono_ms();
        pgtemp_kill(&server);
        becomes("DATABASE_UNAVAILABLE");
        is_noticed = clock_mono_ms() - answered_ms < FRESH_MS;
        pgtemp_restart(&server);
        becomes("");
    }
    assert_true(is_noticed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_is_away_is_noticed_and_so_is_its_return),
        cmocka_unit_test(a_server_that_falls_silent_is_noticed),
        cmocka_unit_test(an_answer_counts_for_a_second),
        cmocka_unit_test(a_connection_that_broke_is_noticed_at_once),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

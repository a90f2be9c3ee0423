/* A call that is given up, all the way: from the client over the server to the statement in PostgreSQL. */
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "echo.h"
#include "integration/pgtest.h"

enum { LONG_MS = 60000 };

static echo_site site;
static rpc_client *gateway;
static pg_pool *pool;
static const char *conninfo;

/* What Linger does here: a read that is held at the server. */
static bh_err *read_long(bh_call *c) {
    pg_rows rows;
    c->backend = pool;
    return pg_call(c, &pgtest_sql[PGTEST_SQL_EVALUATE_READ], &rows, pg_text("select hold()"));
}

static int set_up(UNUSED void **state) {
    pg_options options;
    conninfo = pgtest_database();
    pgtemp_sql(conninfo, pgtest_schema);
    options = pgtest_options(conninfo);
    options.statement_timeout_ms = LONG_MS;
    pool = pgtest_pool(options);
    echo_linger = read_long;
    echo_site_init(&site);
    echo_start(&site, NULL, 2, 0);
    gateway = echo_client(&site, ECHO_GATEWAY, true);
    return 0;
}

static int tear_down(UNUSED void **state) {
    rpc_client_close(gateway);
    echo_site_done(&site);
    pg_pool_close(pool);
    return 0;
}

static void wait_until_nothing_is_held(void) {
    pgtemp_sql(conninfo,
               "do $$ begin for i in 1..10000 loop"
               "  if not exists (select from pg_stat_activity where state = 'active' and pid <> pg_backend_pid()"
               "                    and datname = current_database() and query like '%attempt%') then return; end if;"
               "  perform pg_sleep(0.002), pg_stat_clear_snapshot(); end loop; raise 'a read goes on'; end $$");
}

static void start_held(echo_call *ec, int64_t timeout_ms) {
    pgtest_hold_anew(conninfo);
    echo_call_start(gateway, ec, ECHO_LINGER, "", 0, timeout_ms);
    pgtest_wait_held(conninfo, 1);
}

static void a_read_that_is_given_up_ends_in_the_database(UNUSED void **state) {
    echo_call ec;
    start_held(&ec, LONG_MS);
    rpc_cancel(gateway, ec.handle);
    assert_string_equal(echo_call_wait(&ec)->reason, "CALL_CANCELLED");
    wait_until_nothing_is_held();
    echo_call_done(&ec);
}

static void a_read_whose_time_is_up_ends_in_the_database(UNUSED void **state) {
    echo_call ec;
    start_held(&ec, 5000);
    assert_string_equal(echo_call_wait(&ec)->reason, "DEADLINE_EXPIRED");
    wait_until_nothing_is_held();
    echo_call_done(&ec);
}

/* Whoever asked cannot say so any more; the server knows his deadline. */
static void a_read_of_a_client_that_is_gone_ends_in_the_database(UNUSED void **state) {
    echo_call ec;
    rpc_client *other = echo_client(&site, ECHO_GATEWAY, true);
    pgtest_hold_anew(conninfo);
    echo_call_start(other, &ec, ECHO_LINGER, "", 0, 5000);
    pgtest_wait_held(conninfo, 1);
    rpc_client_close(other);
    assert_string_equal(echo_call_wait(&ec)->reason, "SHUTTING_DOWN");
    wait_until_nothing_is_held();
    echo_call_done(&ec);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_that_is_given_up_ends_in_the_database),
        cmocka_unit_test(a_read_whose_time_is_up_ends_in_the_database),
        cmocka_unit_test(a_read_of_a_client_that_is_gone_ends_in_the_database),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

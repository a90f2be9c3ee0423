/* From the client over the server to PostgreSQL: a call that is given up, all the way, and a stream in an outage. */
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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

/* What each step of Count does first. */
static bh_err *read_short(bh_call *c) {
    pg_rows rows;
    c->backend = pool;
    return pg_call(c, &pgtest_sql[PGTEST_SQL_EVALUATE_READ], &rows, pg_text("select 'x'"));
}

static int set_up(UNUSED void **state) {
    pg_options options;
    conninfo = pgtest_database();
    pgtemp_sql(conninfo, pgtest_schema);
    options = pgtest_options(conninfo);
    options.statement_timeout_ms = LONG_MS;
    pool = pgtest_pool(options);
    echo_linger = read_long;
    echo_step = read_short;
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

/* --- streams --- */

/* Nobody is let into the database any more, and whoever was in it is out; or they are let in again. */
static void let_in(bool is_allowed) {
    const char *name = strrchr(conninfo, '=') + 1;
    char elsewhere[512], sql[1024];
    snprintf(elsewhere, sizeof(elsewhere), "%s dbname=postgres", conninfo);
    snprintf(sql, sizeof(sql),
             "do $$ begin alter database %s allow_connections %s; commit;"
             "  perform pg_terminate_backend(pid, 60000) from pg_stat_activity where datname = '%s'; end $$",
             name, is_allowed ? "true" : "false", name);
    pgtemp_sql(elsewhere, sql);
}

static _Atomic int64_t next_number;

static void take(UNUSED void *data, const uint8_t *payload, size_t size) {
    Bh__Test__CountResponse *item = bh__test__count_response__unpack(NULL, size, payload);
    if (item && item->number == atomic_load(&next_number))
        atomic_fetch_add(&next_number, 1);
    bh__test__count_response__free_unpacked(item, NULL);
}

/* From where it broke off; each step reads the database. */
static void watch(echo_call *ec) {
    Bh__Test__CountRequest request = BH__TEST__COUNT_REQUEST__INIT;
    uint8_t bytes[64];
    request.next = atomic_load(&next_number);
    request.end = 10;
    request.waits = true;
    size_t n = bh__test__count_request__pack(&request, bytes);
    echo_stream_start(gateway, ec, take, echo_call_keep, ECHO_COUNT, bytes, n, LONG_MS);
}

static bool ends_with(echo_call *ec, const char *reason) {
    bh_err *err = echo_call_wait(ec);
    bool is_so = strcmp(err ? err->reason : "", reason) == 0;
    echo_call_done(ec);
    return is_so;
}

/* The step that finds no database ends the stream; whoever comes again goes on, and misses nothing. */
static void a_stream_ends_with_the_database_and_goes_on_with_it(UNUSED void **state) {
    echo_call ec;
    echo_count_to(5);
    watch(&ec);
    while (atomic_load(&next_number) < 5)
        echo_sleep(1);
    let_in(false);
    echo_count_to(10);
    rpc_server_wake(site.server);
    assert_true(ends_with(&ec, "DATABASE_UNAVAILABLE"));
    assert_int_equal(atomic_load(&next_number), 5);
    let_in(true);
    do
        watch(&ec);
    while (ends_with(&ec, "DATABASE_UNAVAILABLE"));
    assert_int_equal(atomic_load(&next_number), 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_that_is_given_up_ends_in_the_database),
        cmocka_unit_test(a_read_whose_time_is_up_ends_in_the_database),
        cmocka_unit_test(a_read_of_a_client_that_is_gone_ends_in_the_database),
        cmocka_unit_test(a_stream_ends_with_the_database_and_goes_on_with_it),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* What the tests of lib/pg share; include cmocka.h first. */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "integration/pgtemp.h"
#include "pg/pg.h"
#include "pgtest_sql.h"

/* The tables behind tests/integration/sql. */
static const char pgtest_schema[] =
    "create table item (site_id int4, item_id uuid, version int8 not null default 0, note text not null default '',"
    "  primary key (site_id, item_id), constraint note_is_clean check (note <> 'poison'));"
    "create table command (site_id int4, key uuid, hash bytea not null, item_id uuid not null, version int8 not null,"
    "  primary key (site_id, key));"
    "create table journal (site_id int4, item_id uuid, version int8, note text not null,"
    "  primary key (site_id, item_id, version));"
    "create sequence attempts;"
    "create function attempt(statement text) returns text language plpgsql as $$"
    "  declare answer text; begin perform nextval('attempts'); execute statement into answer; return answer; end $$;"
    "create function fail(state text) returns text language plpgsql as $$"
    "  begin raise exception using errcode = state, message = 'as the test asked', constraint = 'some_rule'; end $$;"
    "create function warn() returns text language plpgsql as $$ begin raise warning 'doubt'; return 'x'; end $$;"
    "create sequence holding minvalue 0; create sequence releasing minvalue 0;"
    "create function hold(turn int default 1) returns text language plpgsql as $$"
    "  begin perform nextval('holding'); while (select last_value < turn from releasing) loop"
    "  perform pg_sleep(0.002); end loop; return 'held'; end $$;";

/* "select hold()" ends with the first release, "select hold(2)" with the second; afterwards all begins anew. */
static inline void pgtest_hold_anew(const char *conninfo) {
    pgtemp_sql(conninfo, "alter sequence holding restart; alter sequence releasing restart;"
                         "do $$ begin perform nextval('releasing'); end $$");
}

static inline void pgtest_release(const char *conninfo) {
    pgtemp_sql(conninfo, "do $$ begin perform nextval('releasing'); end $$");
}

/* Waits until so many are held. */
static inline void pgtest_wait_held(const char *conninfo, int n) {
    char sql[256];
    snprintf(sql, sizeof(sql),
             "do $$ begin for i in 1..10000 loop if (select last_value + is_called::int from holding) >= %d"
             "  then return; end if; perform pg_sleep(0.002); end loop; raise 'nobody is held'; end $$",
             n);
    pgtemp_sql(conninfo, sql);
}

/* The database of this test, still empty. */
static inline const char *pgtest_database(void) {
    const char *conninfo = getenv("BIHUAN_TEST_DATABASE");
    assert_non_null(conninfo);
    return conninfo;
}

static inline pg_options pgtest_options(const char *conninfo) {
    return (pg_options){
        .conninfo = conninfo, .connections = 1, .readers = 2, .set_max = 64, .statement_timeout_ms = 1000
    };
}

static inline pg_pool *pgtest_pool(pg_options options) {
    bh_call *call = call_new("test", 5000);
    pg_pool *pool;
    assert_null(pg_pool_open(call, &options, pgtest_sql, PGTEST_SQL_COUNT, &pool));
    call_free(call);
    return pool;
}

/* A call on this pool that waits at most timeout_ms. */
static inline bh_call *pgtest_call(pg_pool *pool, int64_t timeout_ms) {
    bh_call *call = call_new("test", timeout_ms);
    call->backend = pool;
    return call;
}

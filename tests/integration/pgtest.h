/* What the tests of lib/pg share; include cmocka.h first. */
#pragma once

#include <stdlib.h>

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
    "create function warn() returns text language plpgsql as $$ begin raise warning 'doubt'; return 'x'; end $$;";

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

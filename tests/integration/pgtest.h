/* What the tests of lib/pg share. */
#pragma once

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

static inline pg_options pgtest_options(const char *conninfo) {
    return (pg_options){
        .conninfo = conninfo, .connections = 1, .readers = 2, .set_max = 64, .statement_timeout_ms = 1000
    };
}

/* A call on this pool that waits at most timeout_ms. */
static inline bh_call *pgtest_call(pg_pool *pool, int64_t timeout_ms) {
    bh_call *call = call_new("test", timeout_ms);
    call->backend = pool;
    return call;
}

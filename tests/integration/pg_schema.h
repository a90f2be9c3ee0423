/* The tables behind tests/integration/sql. */
#pragma once

static const char pg_schema[] =
    "create table item (site_id int4, item_id uuid, version int8 not null default 0, note text not null default '',"
    "  primary key (site_id, item_id), constraint note_is_clean check (note <> 'poison'));"
    "create table command (site_id int4, key uuid, hash bytea not null, item_id uuid not null, version int8 not null,"
    "  primary key (site_id, key));"
    "create table journal (site_id int4, item_id uuid, version int8, note text not null,"
    "  primary key (site_id, item_id, version));"
    "create function run_text(statement text) returns text language plpgsql as"
    "  'declare answer text; begin execute statement into answer; return answer; end';";

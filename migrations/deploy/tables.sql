-- Deploy tables: what the schema of every service needs, made in one place. Called by the deploy scripts as the owner of
-- the schema; nobody else may.
begin;
create schema bihuan;

-- Request ids and event ids are UUIDs that begin with 48 bits of ms since 1970 (UUIDv7), so the years of a table are
-- ranges of the id itself: this is the smallest UUID that carries the first instant of a day (UTC).
create function bihuan.first_id(day date) returns uuid
language sql immutable as $$
    select rpad(lpad(to_hex((extract(epoch from day) * 1000)::int8), 12, '0'), 32, '0')::uuid
$$;

-- One part a year and one for the rest, not one a month: a statement opens every part of a table, at 10 us each, before it
-- knows which one it needs. `bounds` turns the first of January into the type of the key.
create function bihuan.part_by_year(parent regclass, bounds text default '%L::date') returns void
language plpgsql as $$
begin
    for y in 2024..2040 loop
        execute format('create table %s_%s partition of %s for values from (' || bounds || ') to (' || bounds || ')',
                       parent, y, parent, make_date(y, 1, 1), make_date(y + 1, 1, 1));
    end loop;
    execute format('create table %s_rest partition of %s default', parent, parent);
end $$;

-- <schema>.idem: results of commands by request id; only effects are recorded.
create function bihuan.make_idem(service name) returns void
language plpgsql as $$
begin
    execute format($f$
        create table %I.idem (
            site_id int4 not null,
            key uuid not null,
            fingerprint bytea not null check (octet_length(fingerprint) = 32),
            object_id text not null,
            version int4 not null,
            state int2 not null,
            primary key (site_id, key)
        ) partition by range (key)$f$, service);
    perform bihuan.part_by_year(format('%I.idem', service)::regclass, 'bihuan.first_id(%L)');
end $$;

-- <schema>.inbox: events that were received, so that a repeat changes nothing.
create function bihuan.make_inbox(service name) returns void
language plpgsql as $$
begin
    execute format($f$
        create table %I.inbox (
            site_id int4 not null,
            event_id uuid not null,
            primary key (site_id, event_id)
        ) partition by range (event_id)$f$, service);
    perform bihuan.part_by_year(format('%I.inbox', service)::regclass, 'bihuan.first_id(%L)');
end $$;

-- <schema>.outbox: events to deliver, in order per object; a row goes when the receiver has it. outbox_dead keeps what
-- nobody accepts; outbox_lease says whose instance drains, and until when it may think so.
create function bihuan.make_outbox(service name) returns void
language plpgsql as $$
begin
    execute format($f$
        create table %1$I.outbox (
            site_id int4 not null,
            id int8 not null generated always as identity (cache 1),
            object_id uuid not null,
            event_id uuid not null,
            method text not null,
            payload bytea not null,
            created timestamptz not null default clock_timestamp(),
            tries int4 not null default 0,
            refusals int4 not null default 0,
            not_before timestamptz not null default '-infinity',
            primary key (site_id, id)
        );
        create index outbox_object on %1$I.outbox (site_id, object_id, id);
        create table %1$I.outbox_dead (
            like %1$I.outbox,
            error text not null,
            primary key (site_id, id)
        );
        create table %1$I.outbox_lease (
            site_id int4 primary key,
            holder uuid not null,
            until timestamptz not null
        )$f$, service);
end $$;

revoke execute on all functions in schema bihuan from public;
grant usage on schema bihuan to bihuan_directory_owner, bihuan_target_owner, bihuan_task_owner, bihuan_progress_owner;
grant execute on all functions in schema bihuan
    to bihuan_directory_owner, bihuan_target_owner, bihuan_task_owner, bihuan_progress_owner;
commit;

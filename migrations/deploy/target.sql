-- Deploy target: the targets of an import, what was observed of them, and the doors for imports and reports.
begin;
set local role bihuan_target_owner;

-- The targets' part of an import. It shows when the tasks' part is in.
create table target.import (
    site_id int4 not null,
    import_id uuid not null,
    digest bytea not null check (octet_length(digest) = 32),
    target_count int4 not null check (target_count >= 0),
    shown boolean not null default false,
    primary key (site_id, import_id)
);

-- The aggregate: one commitment. `place` is its position in the import.
create table target.target (
    site_id int4 not null,
    target_id uuid not null,
    import_id uuid not null,
    place int4 not null,
    task_id uuid,
    metric text not null,
    comparator int2 not null check (comparator between 0 and 6),
    number numeric,
    unit text not null,
    phrase text not null,
    first_line int4 not null,
    last_line int4 not null,
    shares jsonb not null,
    row_no text not null,
    category text not null,
    sub_item text not null,
    version int4 not null check (version > 0),
    leaf_hash bytea not null check (octet_length(leaf_hash) = 32),
    primary key (site_id, target_id),
    unique (site_id, import_id, place)
);
create index target_task on target.target (site_id, task_id, place) where task_id is not null;

-- One figure of one approved report; the key keeps a repeated event from counting twice.
create table target.observation (
    site_id int4 not null,
    target_id uuid not null,
    period date not null check (extract(day from period) = 1),
    unit_id int4 not null,
    report_id uuid not null,
    report_version int4 not null,
    place int4 not null,
    number numeric not null,
    source text not null,
    recorded timestamptz not null,
    primary key (site_id, target_id, period, unit_id, report_id, report_version, place)
) partition by range (period);

-- Results of commands by request id, and events already applied. The keys carry their time: parts are ranges of keys.
select bihuan.make_idem('target'), bihuan.make_inbox('target'), bihuan.part_by_year('target.observation');

-- Who may read a target: whoever may read its task; one of no task (a row of a table) the offices, leaders and auditors.
-- Nobody before all of its import is in.
create function target.readable(t target.target, unit int4, post int2, leader int4) returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    return exists (select from target.import i where i.site_id = t.site_id and i.import_id = t.import_id and i.shown)
       and case when t.task_id is null then post between 3 and 7
                else task.may_read(t.site_id, t.task_id, unit, post, leader) end;
end $$;

-- The door for ImportTasks: makes the targets of an import visible and answers how many they are; -1 when the import
-- has no targets' part yet. A repeat answers the same.
create function target.show_import(site int4, import_id uuid) returns int4
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    found_count int4;
begin
    update target.import i set shown = true
     where i.site_id = show_import.site and i.import_id = show_import.import_id
    returning i.target_count into found_count;
    return coalesce(found_count, -1);
end $$;
-- The door for SubmitReport: a value counts for a target of the report's own task and for no other.
create function target.is_of_task(site int4, task uuid, target uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exists (select from target.target t where t.site_id = is_of_task.site and t.target_id = is_of_task.target
                      and t.task_id = is_of_task.task);
end $$;
grant usage on schema target to bihuan_task, bihuan_progress;
grant execute on function target.show_import(int4, uuid) to bihuan_task;
grant execute on function target.is_of_task(int4, uuid, uuid) to bihuan_progress;

grant execute on function target.readable(target.target, int4, int2, int4) to bihuan_target;
grant select, insert on target.import, target.target, target.observation, target.idem, target.inbox to bihuan_target;
commit;

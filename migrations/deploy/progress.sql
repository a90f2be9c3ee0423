-- Deploy progress: reports asked once per unit, task and month, the evidence for them, and the doors about them.
begin;
set local role bihuan_progress_owner;

-- The aggregate: one row per unit, task and month. Version 0 is a month that was opened and has no report yet.
create table progress.sheet (
    site_id int4 not null,
    report_id uuid not null,
    task_id uuid not null,
    unit_id int4 not null,
    period date not null check (extract(day from period) = 1),
    due date not null,
    version int4 not null default 0 check (version >= 0),
    state int2 not null default 1,
    content_version int4 not null default 0,
    submitted_by int4 not null default 0,
    submitted_login text not null default '',
    approved_by int4 not null default 0,
    approved_login text not null default '',
    note text not null default '',
    person_ids int4[] not null default '{}',
    leaf_hash bytea not null default decode(repeat('00', 32), 'hex'),
    primary key (site_id, report_id),
    unique (site_id, task_id, unit_id, period),
    constraint sheet_state check (state between 1 and 4 and (state = 1) = (version = 0)),
    constraint sheet_two_persons check (approved_by = 0 or approved_by <> submitted_by),
    constraint sheet_approved check ((state = 4) = (approved_by <> 0)),
    constraint sheet_leaf_hash check (octet_length(leaf_hash) = 32)
);
-- What waits for a unit's people.
create index sheet_open on progress.sheet (site_id, unit_id, due, report_id) where state <> 4;
create index sheet_unit on progress.sheet (site_id, unit_id, period, report_id);

-- Every version of a sheet. A version that hands in carries the content; one that reviews points at it.
create table progress.report (
    site_id int4 not null,
    report_id uuid not null,
    version int4 not null,
    period date not null,
    state int2 not null check (state between 2 and 4),
    content_version int4 not null,
    user_id int4 not null,
    login text not null,
    note text not null default '',
    made timestamptz not null,
    text text,
    problems text,
    next_step text,
    figures jsonb,
    evidence bytea,
    primary key (site_id, report_id, version, period),
    constraint report_content check ((state = 2) = (text is not null) and (state = 2) = (content_version = version)),
    constraint report_evidence check (octet_length(evidence) % 32 = 0)
) partition by range (period);

-- A file that a unit uploaded, by its SHA-256; the bytes lie with the gateway, once.
create table progress.evidence (
    site_id int4 not null,
    digest bytea not null check (octet_length(digest) = 32),
    unit_id int4 not null check (unit_id > 0),
    size int8 not null check (size > 0),
    name text not null,
    media_type text not null,
    user_id int4 not null,
    login text not null,
    uploaded timestamptz not null,
    version int4 not null default 1,
    leaf_hash bytea not null check (octet_length(leaf_hash) = 32),
    primary key (site_id, digest, unit_id)
);

-- A unit cited a file in a task: in a report, for a milestone, for a re-check.
create table progress.evidence_use (
    site_id int4 not null,
    digest bytea not null,
    task_id uuid not null,
    unit_id int4 not null,
    primary key (site_id, digest, task_id, unit_id)
);

-- Read copy of a task, kept by its events. unit_ids and leader_ids may read its reports, beside its office; acting units
-- owe them while the task is active.
create table progress.task_view (
    site_id int4 not null,
    task_id uuid not null,
    version int4 not null,
    state int2 not null,
    no text not null,
    text text not null,
    office_unit_id int4 not null,
    unit_ids int4[] not null,
    leader_ids int4[] not null,
    acting_unit_ids int4[] not null,
    primary key (site_id, task_id)
);

-- The day by the clock of the service, kept by its timer: what is due follows it, also where a test moves the clock.
-- Every sheet of its month was opened as of opened_day.
create table progress.today (
    site_id int4 primary key,
    day date not null,
    opened_day date
);

-- Results of commands by request id, and events already applied. The keys carry their time: parts are ranges of keys.
select bihuan.make_idem('progress'), bihuan.make_inbox('progress'), bihuan.make_outbox('progress'),
       bihuan.part_by_year('progress.report');

-- The id of a report: uuid_derive(task, "unit/YYYY-MM") of lib/base/uuid.h.
create function progress.report_id(task uuid, unit int4, period date) returns uuid
language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp as $$
    select encode(set_byte(set_byte(h, 6, get_byte(h, 6) & 15 | 128), 8, get_byte(h, 8) & 63 | 128), 'hex')::uuid
      from (select substring(sha256(uuid_send(task) || convert_to(unit || '/' || to_char(period, 'YYYY-MM'), 'UTF8'))
                             from 1 for 16) h) digest
$$;

-- The door for closing a task or handing in a leg. Bit 1: no acting unit has a report that is due and not approved, and
-- none is under way. Bit 2: the person handed in, approved or sent back a report on the task. Bit 4: as 1, of this unit.
create function progress.report_facts(site int4, task uuid, person int4, unit int4 default 0) returns int4
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select case when coalesce(bool_or(wanting), false) then 0 else 1 end
                 | case when coalesce(bool_or(report_facts.person = any(person_ids)), false) then 2 else 0 end
                 | case when coalesce(bool_or(wanting and unit_id = report_facts.unit), false) then 0 else 4 end
              from (select s.person_ids, s.unit_id,
                           s.state <> 4 and (s.state <> 1 or s.due < t.day)
                           and (v.task_id is null or s.unit_id = any(v.acting_unit_ids)) as wanting
                      from progress.sheet s
                      left join progress.task_view v on v.site_id = s.site_id and v.task_id = s.task_id
                      left join progress.today t on t.site_id = s.site_id
                     where s.site_id = report_facts.site and s.task_id = report_facts.task) sheets);
end $$;

-- Who may read a file: the units that uploaded it, and whoever may read the reports of a task in which it was cited. To
-- know its digest is not enough. What a unit may read it may cite.
create function progress.evidence_readable(site int4, digest bytea, unit int4, leader int4) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
    select exists (select from progress.evidence v
                    where v.site_id = site and v.digest = evidence_readable.digest and v.unit_id = unit)
        or exists (select from progress.evidence_use u
                     left join progress.task_view t on t.site_id = u.site_id and t.task_id = u.task_id
                    where u.site_id = site and u.digest = evidence_readable.digest
                      and (u.unit_id = unit or unit = any(t.unit_ids) or t.office_unit_id = unit
                           or leader = any(t.leader_ids)))
$$;

-- The first target of the values that is not the task's, if there is one.
create function progress.foreign_target(site int4, task uuid, figures jsonb) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    return (select f.target_id
              from jsonb_to_recordset(figures) as f (target_id text)
             where case when f.target_id <> '' then not target.is_of_task(site, task, f.target_id::uuid) end
             limit 1);
end $$;

-- The doors for milestones and re-checks: whether the unit may cite every digest (hex), and that it did.
create function progress.evidence_citable(site int4, unit int4, digests text[]) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select coalesce(bool_and(progress.evidence_readable(site, decode(d.digest, 'hex'), unit, 0)), true)
              from unnest(digests) d(digest));
end $$;
create function progress.cite_evidence(site int4, task uuid, unit int4, digests text[]) returns int4
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into progress.evidence_use (site_id, digest, task_id, unit_id)
    select site, decode(d.digest, 'hex'), task, unit from unnest(digests) d(digest)
    on conflict do nothing;
    return cardinality(digests);
end $$;
grant usage on schema progress to bihuan_task, bihuan_task_owner;
grant execute on function progress.report_facts(int4, uuid, int4, int4),
    progress.evidence_citable(int4, int4, text[]), progress.cite_evidence(int4, uuid, int4, text[]) to bihuan_task;

grant execute on function progress.report_id(uuid, int4, date), progress.evidence_readable(int4, bytea, int4, int4),
    progress.foreign_target(int4, uuid, jsonb) to bihuan_progress;
grant select, insert, update, delete on progress.sheet, progress.outbox to bihuan_progress;
grant select, insert on progress.report, progress.evidence, progress.evidence_use, progress.idem, progress.inbox,
    progress.outbox_dead to bihuan_progress;
grant select, insert, update on progress.task_view, progress.today, progress.outbox_lease to bihuan_progress;
commit;

-- Deploy task: tasks, the legs of their units, applications, closing texts, history, and the facts the rules ask about.
begin;
set local role bihuan_task_owner;

-- One aggregate: every change of the task, its legs, clauses, applications or closing texts is one version of the task.
create table task.task (
    site_id int4 not null,
    task_id uuid not null,
    version int4 not null check (version > 0),
    leaf_hash bytea not null check (octet_length(leaf_hash) = 32),
    state int2 not null check (state between 1 and 10),
    no text not null,
    text text not null check (text <> ''),
    result text not null default '',
    deadline date,
    is_key bool not null,
    office_unit int4 not null,
    lead_unit int4,
    leader_ids int4[] not null check (cardinality(leader_ids) <= 2),
    parent_id uuid,
    parent_unit int4,
    import_id uuid,
    first_line int4 not null default 0,
    last_line int4 not null default 0,
    -- bihuan.v1.Place: where else its document prints the same work.
    also_at jsonb not null default '[]' check (jsonb_typeof(also_at) = 'array'),
    issuer int4 not null default 0,
    -- Persons who verified the present closing text, and those of the closure that was signed off.
    verifiers int4[] not null default '{}',
    closing_verifiers int4[] not null default '{}',
    signed_leaders int4[] not null default '{}',
    closure_no int4 not null default 0,
    -- Last day for co-units to answer the closing text.
    answer_by date,
    suspended_on date,
    review_day date,
    created_ms int8 not null,
    -- Place in the document, so that lists keep its order.
    position int4 not null,
    primary key (site_id, task_id),
    constraint issued_is_complete check (state in (1, 10) or (lead_unit is not null and deadline is not null and result <> '')),
    constraint issued_has_issuer check (state in (1, 2, 10) or issuer <> 0),
    constraint closed_is_verified_and_signed check (state not in (8, 9)
        or (cardinality(verifiers) >= case when is_key then 2 else 1 end and signed_leaders @> leader_ids)),
    constraint suspended_since check ((state = 5) = (suspended_on is not null) or state = 10),
    constraint parent_has_unit check ((parent_id is null) = (parent_unit is null))
);
create index task_order on task.task (site_id, created_ms, position, task_id);
create index task_no on task.task (site_id, no, task_id);
create index task_import on task.task (site_id, import_id) where import_id is not null;
-- What waits for an office or a leader: it grows with what is open, not with what was.
create index task_open on task.task (site_id, state, office_unit) where state < 8;
create index task_parent on task.task (site_id, parent_id) where parent_id is not null;

create table task.leg (
    site_id int4 not null,
    task_id uuid not null,
    unit_id int4 not null,
    role int2 not null check (role between 1 and 3),
    state int2 not null check (state between 1 and 8),
    is_collective bool not null default false,
    -- A collective that stands for nobody, by name of who decided it.
    waiver text not null default '',
    waived_by int4 not null default 0,
    acknowledge_by date,
    replaces_unit int4,
    opinion text not null default '',
    ruling text not null default '',
    overruled bool not null default false,
    urged_ms int8 not null default 0,
    primary key (site_id, task_id, unit_id),
    constraint dissent_has_words check (state <> 5 or opinion <> '')
);
create index leg_open on task.leg (site_id, unit_id, task_id) where state < 7;
create index leg_dissent on task.leg (site_id, task_id) where state = 5 and not overruled;

-- Members of a collective named for one task.
create table task.named_member (
    site_id int4 not null,
    task_id uuid not null,
    collective int4 not null,
    unit_id int4 not null,
    primary key (site_id, task_id, collective, unit_id)
);

create table task.clause (
    site_id int4 not null,
    task_id uuid not null,
    clause_no int4 not null check (clause_no > 0),
    text text not null,
    covered bool not null default false,
    waived_by int4 not null default 0,
    waiver text not null default '',
    primary key (site_id, task_id, clause_no)
);

create table task.milestone (
    site_id int4 not null,
    task_id uuid not null,
    milestone_no int4 not null check (milestone_no > 0),
    title text not null,
    due date not null,
    -- 1 OPEN, 2 REPORTED, 3 APPROVED, 4 CONFIRMED, 5 WAIVED
    state int2 not null default 1 check (state between 1 and 5),
    moved_by int4 not null default 0,
    primary key (site_id, task_id, milestone_no)
);
create index milestone_approved on task.milestone (site_id, task_id) where state = 3;

create table task.application (
    site_id int4 not null,
    application_id uuid not null,
    task_id uuid not null,
    unit_id int4 not null,
    kind int2 not null check (kind between 1 and 5),
    state int2 not null check (state between 1 and 4),
    writer int4 not null,
    reason text not null check (reason <> ''),
    day date,
    other_unit int4,
    result text not null default '',
    decider int4 not null default 0,
    decision text not null default '',
    primary key (site_id, application_id),
    constraint asks_for_a_day check (kind not in (2, 3) or day is not null),
    constraint names_the_right_unit check (kind <> 1 or other_unit is not null),
    constraint names_the_result check (kind <> 4 or result <> '')
);
create index application_open on task.application (site_id, task_id) where state = 1;
create index application_task on task.application (site_id, task_id);

create table task.closure (
    site_id int4 not null,
    task_id uuid not null,
    closure_no int4 not null,
    text text not null check (text <> ''),
    state int2 not null check (state between 1 and 6),
    writer int4 not null,
    signer int4 not null default 0,
    result_class text not null default '' check (result_class in ('', 'A', 'B', 'C', 'D')),
    primary key (site_id, task_id, closure_no)
);

-- A child task that its parent's unit let go.
create table task.child_waiver (
    site_id int4 not null,
    task_id uuid not null,
    child_id uuid not null,
    waived_by int4 not null,
    reason text not null,
    primary key (site_id, task_id, child_id)
);

create table task.import (
    site_id int4 not null,
    import_id uuid not null,
    office_unit int4 not null,
    -- SHA-256 of what the document is recognised by, and which import of it this is.
    document bytea not null check (octet_length(document) = 32),
    round int4 not null check (round > 0),
    document_number text not null,
    document_title text not null,
    digest text not null,
    task_count int4 not null,
    target_count int4 not null,
    -- SHA-256 of all the import said: the same import with other content is refused.
    content bytea not null check (octet_length(content) = 32),
    imported_by int4 not null,
    login text not null,
    time_ms int8 not null,
    leaf_hash bytea not null,
    primary key (site_id, import_id),
    unique (site_id, office_unit, document, round)
);

-- History: one row per version. Partitioned by the year of the move.
create table task.event (
    site_id int4 not null,
    task_id uuid not null,
    version int4 not null,
    time_ms int8 not null,
    -- Name of the move in lib/domain/moves.def, or CREATE.
    move text not null,
    user_id int4 not null,
    login text not null,
    unit_id int4 not null,
    post int2 not null,
    leader_id int4 not null,
    about_unit int4 not null,
    state int2 not null,
    note text not null,
    primary key (site_id, task_id, version, time_ms)
) partition by range (time_ms);

select bihuan.make_idem('task'), bihuan.make_outbox('task'),
       bihuan.part_by_year('task.event', $$((extract(epoch from %L::timestamp at time zone 'Asia/Shanghai') * 1000)::int8)$$);

-- The facts of lib/domain/facts.def about one task and the person who acts; bit numbers are the same there.
-- Only what `wanted` names is looked up in other tables. Inlined into the statement that calls it.
create function task.facts(t task.task, actor int4, unit int4, post int2, leader int4, other_unit int4, new_unit int4,
                           about int2, item uuid, number int4, digests text[], day date, today date, now_ms int8,
                           wanted int8)
returns table (facts int8, own_leg int2, other_leg int2)
language sql stable as $$
    select
        case when unit = t.office_unit then 1::int8 << 0 else 0 end
        | case when unit = t.lead_unit then 1::int8 << 1 else 0 end
        | case when l.own_leg is not null then 1::int8 << 2 else 0 end
        | case when l.own_role = 1 then 1::int8 << 3 else 0 end
        | case when leader = any(t.leader_ids) then 1::int8 << 4 else 0 end
        | case when case when t.is_key then leader = any(t.leader_ids) else unit = t.office_unit and post = 5 end
               then 1::int8 << 5 else 0 end
        | case when e.drafted then 1::int8 << 6 else 0 end
        | case when t.issuer = actor then 1::int8 << 7 else 0 end
        | case when e.acted or reports & 2 <> 0 then 1::int8 << 8 else 0 end
        | case when actor = any(t.verifiers) then 1::int8 << 9 else 0 end
        | case when actor = any(t.closing_verifiers) then 1::int8 << 10 else 0 end
        | case when leader = any(t.signed_leaders) then 1::int8 << 11 else 0 end
        | case when t.leader_ids <@ (t.signed_leaders || leader) then 1::int8 << 12 else 0 end
        | case when not t.is_key or cardinality(t.verifiers) > 0 then 1::int8 << 13 else 0 end
        | case when t.lead_unit is not null then 1::int8 << 14 else 0 end
        | case when t.deadline is not null then 1::int8 << 15 else 0 end
        | case when t.result <> '' then 1::int8 << 16 else 0 end
        | case when c.settled then 1::int8 << 17 else 0 end
        | case when l.collectives_settled then 1::int8 << 18 else 0 end
        | case when k.state = 1 then 1::int8 << 19 else 0 end
        | case when k.writer = actor then 1::int8 << 20 else 0 end
        | case when l.co_settled then 1::int8 << 21 else 0 end
        | case when m.done then 1::int8 << 22 else 0 end
        | case when ch.done then 1::int8 << 23 else 0 end
        | case when ch.own_done then 1::int8 << 24 else 0 end
        | case when reports & 1 <> 0 then 1::int8 << 25 else 0 end
        | case when today <= coalesce(t.deadline, 'infinity') then 1::int8 << 26 else 0 end
        | case when a.open then 1::int8 << 27 else 0 end
        | case when a.found then 1::int8 << 28 else 0 end
        | case when a.own then 1::int8 << 29 else 0 end
        | case when today <= l.own_acknowledge_by then 1::int8 << 30 else 0 end
        | case when l.other_late then 1::int8 << 31 else 0 end
        | case when now_ms - l.other_urged_ms < 86400000 then 1::int8 << 32 else 0 end
        | case when l.new_unit_has_leg then 1::int8 << 33 else 0 end
        | case when cardinality(t.verifiers) > 0 then 1::int8 << 34 else 0 end
        | case when case about when 7 then c.ready when 8 then l.collective_ready when 9 then ch.ready
                    when 10 then m.left when 11 then m.ready when 12 then m.ready when 13 then m.ready end
               then 1::int8 << 35 else 0 end
        | case when m.by_actor then 1::int8 << 36 else 0 end
        | case when cardinality(digests) > 0 and progress.evidence_citable(t.site_id, unit, digests)
               then 1::int8 << 37 else 0 end
        | case when unit = t.office_unit or l.own_leg is not null and t.state >= 3 then 1::int8 << 38 else 0 end
        | case when case when a.found_kind >= 4 and t.is_key then leader = any(t.leader_ids)
                         else unit = t.office_unit and post = 5 end then 1::int8 << 39 else 0 end
        | case when reports & 4 <> 0 then 1::int8 << 40 else 0 end
        | case when cardinality(t.leader_ids) > 0 then 1::int8 << 41 else 0 end
        | case when l.other_leads then 1::int8 << 42 else 0 end
        | case when l.take_over_open then 1::int8 << 43 else 0 end
        -- Whoever only asks names no day: one will do.
        | case when coalesce(facts.day, a.found_day, 'infinity') > t.deadline then 1::int8 << 44 else 0 end
        | case when coalesce(facts.day, a.found_day, 'infinity') >= today then 1::int8 << 45 else 0 end
        -- Asked of drafts only.
        | case when t.state > 2 or wanted & (1::int8 << 46) = 0 then 0
               when directory.misnamed(t.site_id, l.units, array_remove(array[t.lead_unit], null), '{}', today) is null
               then 1::int8 << 46 else 0 end
        | case when t.state > 2 or wanted & (1::int8 << 47) = 0 then 0
               when directory.misnamed(t.site_id, '{}', '{}', t.leader_ids, today) is null
               then 1::int8 << 47 else 0 end,
        l.own_leg, l.other_leg
    from (
        select max(state) filter (where leg.unit_id = unit and state <> 8) as own_leg,
               max(role) filter (where leg.unit_id = unit and state <> 8) as own_role,
               max(acknowledge_by) filter (where leg.unit_id = unit and state <> 8) as own_acknowledge_by,
               max(state) filter (where leg.unit_id = facts.other_unit) as other_leg,
               max(urged_ms) filter (where leg.unit_id = facts.other_unit) as other_urged_ms,
               array_agg(leg.unit_id) as units,
               bool_or(leg.unit_id = facts.other_unit and today > case state when 1 then acknowledge_by
                       when 2 then t.deadline else t.answer_by end) as other_late,
               bool_or(leg.unit_id = new_unit and state <> 8) as new_unit_has_leg,
               bool_or(leg.unit_id = facts.other_unit and role = 1) as other_leads,
               bool_or(leg.replaces_unit = facts.other_unit and state = 1) as take_over_open,
               bool_or(leg.unit_id = facts.other_unit and is_collective and role <> 1) as collective_ready,
               coalesce(bool_and(role = 1 or state in (4, 6, 8) or state = 5 and overruled), true) as co_settled,
               case when wanted & (1::int8 << 18) = 0 then false else coalesce(bool_and(
                   not is_collective or waived_by <> 0
                   or exists (select from directory.members(leg.site_id, leg.unit_id, today))
                   or exists (select from task.named_member n where n.site_id = leg.site_id
                                 and n.task_id = leg.task_id and n.collective = leg.unit_id)), true)
               end as collectives_settled
          from task.leg where leg.site_id = t.site_id and leg.task_id = t.task_id
    ) l, lateral (
        select coalesce(bool_or(user_id = actor and move in ('CREATE', 'REVISE', 'SET', 'SUBMIT')), false) as drafted,
               coalesce(bool_or(user_id = actor and unit_id <> t.office_unit and event.post in (1, 2)), false) as acted
          from task.event
         where event.site_id = t.site_id and event.task_id = t.task_id and event.time_ms >= t.created_ms
           and wanted & ((1::int8 << 6) | (1::int8 << 8)) <> 0
    ) e, lateral (
        select coalesce(bool_and(covered or waived_by <> 0), true) as settled,
               coalesce(bool_or((number = 0 or clause_no = number) and not covered and waived_by = 0), false) as ready
          from task.clause where clause.site_id = t.site_id and clause.task_id = t.task_id
           and (wanted & (1::int8 << 17) <> 0 or about = 7)
    ) c, lateral (
        select max(state) as state, max(writer) as writer
          from task.closure where closure.site_id = t.site_id and closure.task_id = t.task_id
           and closure.closure_no = t.closure_no
    ) k, lateral (
        select coalesce(bool_and(state >= 4), true) as done,
               coalesce(bool_or((number = 0 or milestone_no = number) and state < 4), false) as left,
               coalesce(bool_or((number = 0 or milestone_no = number) and state = about - 10), false) as ready,
               coalesce(bool_or(milestone_no = number and moved_by = actor), false) as by_actor
          from task.milestone where milestone.site_id = t.site_id and milestone.task_id = t.task_id
           and (wanted & (1::int8 << 22) <> 0 or about >= 10)
    ) m, lateral (
        select coalesce(bool_and(settled), true) as done,
               coalesce(bool_and(settled or child.parent_unit <> unit), true) as own_done,
               coalesce(bool_or(not settled and child.task_id = coalesce(item, child.task_id)
                                -- A child whose unit no longer acts answers to the lead.
                                and (child.parent_unit = unit or unit = t.lead_unit and not exists (
                                    select from task.leg w where w.site_id = t.site_id and w.task_id = t.task_id
                                       and w.unit_id = child.parent_unit and w.state not in (6, 8)))), false) as ready
          from task.task child, lateral (
                   select child.state in (8, 9) or exists (
                       select from task.child_waiver w where w.site_id = child.site_id and w.task_id = child.parent_id
                          and w.child_id = child.task_id) as settled) s
         where child.site_id = t.site_id and child.parent_id = t.task_id
           and (wanted & ((1::int8 << 23) | (1::int8 << 24)) <> 0 or about = 9)
    ) ch, lateral (
        select coalesce(bool_or(state = 1 and kind = about and (kind > 3 or application.unit_id = unit)), false) as open,
               coalesce(bool_or(picked), false) as found,
               coalesce(bool_or(picked and writer = actor and (item is not null or wanted & (1::int8 << 29) <> 0)),
                        false) as own,
               max(kind) filter (where picked) as found_kind,
               max(application.day) filter (where picked and kind = 2) as found_day
          from task.application, lateral (
                   select state = 1 and (about = 6 or kind = about)
                          and application_id = coalesce(item, application_id) as picked) p
         where application.site_id = t.site_id and application.task_id = t.task_id and about between 1 and 6
    ) a, lateral (
        select case when wanted & ((1::int8 << 8) | (1::int8 << 25) | (1::int8 << 40)) = 0 then 0
                    else progress.report_facts(t.site_id, t.task_id, actor, unit) end as reports
    ) r
$$;

-- Who may read a task, and so learn that there is one: its office, its leaders, its units once it is issued, the unit it
-- was broken down from and the office above; auditors everything, operators nothing.
create function task.readable(t task.task, unit int4, post int2, leader int4) returns bool
language sql stable as $$
    select case post when 7 then true when 8 then false else
        unit = t.office_unit or leader = any(t.leader_ids) or unit = t.parent_unit
        or t.issuer <> 0 and exists (select from task.leg l where l.site_id = t.site_id and l.task_id = t.task_id
                                        and l.unit_id = unit)
        or exists (select from task.task p where p.site_id = t.site_id and p.task_id = t.parent_id
                      and p.office_unit = unit) end
$$;

-- The door for targets and audit entries: may this person see the task? Null when there is none.
create function task.may_read(site int4, task uuid, unit int4, post int2, leader int4) returns bool
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select task.readable(t, unit, post, leader) from task.task t where t.site_id = site and t.task_id = may_read.task
$$;
grant usage on schema task to bihuan_target, bihuan_audit;
grant execute on function task.may_read(int4, uuid, int4, int2, int4) to bihuan_target, bihuan_audit;

-- What the drafts of a list name that will not do, as directory.misnamed says it.
create function task.misnamed(site int4, list jsonb, day date) returns int4[]
language sql stable as $$
    select m.misnamed
      from jsonb_array_elements(list) e,
           jsonb_to_record(e -> 'draft') d(lead_unit_id int4, co_unit_ids int4[], county_unit_ids int4[],
                                           leader_ids int4[]),
           directory.misnamed(site, d.co_unit_ids || d.county_unit_ids,
                              case when d.lead_unit_id <> 0 then array[d.lead_unit_id] end, d.leader_ids, day) m(misnamed)
     where m.misnamed is not null limit 1
$$;

-- Drafts have one form to be compared in: bihuan.v1.Draft with column names, units by number and each named once, the text
-- as its own clause where there are no others, of milestones only what is written. That of a stored one:
create function task.draft_of(t task.task) returns jsonb
language sql stable as $$
    select jsonb_build_object(
               'no', t.no, 'text', t.text, 'lead_unit_id', coalesce(t.lead_unit, 0), 'co_unit_ids', l.cos,
               'county_unit_ids', l.counties, 'leader_ids', t.leader_ids, 'deadline', coalesce(t.deadline::text, ''),
               'result', t.result, 'is_key', t.is_key, 'clauses', c.texts, 'first_line', t.first_line,
               'last_line', t.last_line, 'also_at', t.also_at, 'milestones', m.steps)
      from (select coalesce(jsonb_agg(unit_id order by unit_id) filter (where role = 2), '[]') as cos,
                   coalesce(jsonb_agg(unit_id order by unit_id) filter (where role = 3), '[]') as counties
              from task.leg where leg.site_id = t.site_id and leg.task_id = t.task_id) l,
           (select coalesce(jsonb_agg(clause.text order by clause_no), '[]') as texts
              from task.clause where clause.site_id = t.site_id and clause.task_id = t.task_id) c,
           (select coalesce(jsonb_agg(jsonb_build_object('title', title, 'due', due) order by milestone_no), '[]') as steps
              from task.milestone where milestone.site_id = t.site_id and milestone.task_id = t.task_id) m
$$;

-- That of one as it was sent.
create function task.normal_draft(d jsonb) returns jsonb
language sql immutable as $$
    select d || jsonb_build_object(
        'co_unit_ids', (select coalesce(jsonb_agg(distinct u order by u), '[]')
                          from jsonb_array_elements(d -> 'co_unit_ids') u where u <> d -> 'lead_unit_id'),
        'county_unit_ids', (select coalesce(jsonb_agg(distinct u order by u), '[]')
                              from jsonb_array_elements(d -> 'county_unit_ids') u
                             where u <> d -> 'lead_unit_id' and not d -> 'co_unit_ids' @> u),
        'clauses', case when d -> 'clauses' = '[]' then jsonb_build_array(d -> 'text') else d -> 'clauses' end,
        'milestones', (select coalesce(jsonb_agg(jsonb_build_object('title', m -> 'title', 'due', m -> 'due') order by n), '[]')
                         from jsonb_array_elements(d -> 'milestones') with ordinality x(m, n)))
$$;

-- A draft as a correction leaves it, and old and new values for its history; no row where nothing changes. A correction is
-- {"fields", "draft", "gaps"}: the named fields are those of "draft", and what is empty those of "gaps".
create function task.revised(t task.task, change jsonb) returns table (draft jsonb, note text)
language sql stable as $$
    select a.draft, n.note
      from task.draft_of(t) old,
           lateral (select task.normal_draft(old
                        || (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(change -> 'gaps')
                             where old ->> key = '' and value <> '""')
                        -- A text that is its own clause stays that.
                        || case when old -> 'clauses' = jsonb_build_array(old -> 'text') then '{"clauses": []}' else '{}'::jsonb end
                        || (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(change -> 'draft')
                             where change -> 'fields' ? key)) as draft) a,
           lateral (select string_agg(format('%s: %s → %s', key, left(old ->> key, 200), left(a.draft ->> key, 200)),
                                      E'\n' order by key) as note
                      from jsonb_object_keys(old) key where old -> key <> a.draft -> key) n
     where n.note is not null
$$;

-- What drafts no longer say. The service itself deletes nothing of a task; this does, and of drafts only.
create function task.drop_parts(site int4, list jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from task.leg l using task.task t, jsonb_to_recordset(list) e(task_id uuid, draft jsonb)
     where t.site_id = site and t.task_id = e.task_id and t.state = 1 and l.site_id = site and l.task_id = t.task_id
       and l.unit_id <> (draft ->> 'lead_unit_id')::int4
       and not draft -> 'co_unit_ids' || (draft -> 'county_unit_ids') @> to_jsonb(l.unit_id);
    delete from task.named_member m using task.task t, jsonb_to_recordset(list) e(task_id uuid, draft jsonb)
     where t.site_id = site and t.task_id = e.task_id and t.state = 1 and m.site_id = site and m.task_id = t.task_id
       and not exists (select from task.leg l where l.site_id = site and l.task_id = m.task_id
                          and l.unit_id = m.collective);
    delete from task.clause c using task.task t, jsonb_to_recordset(list) e(task_id uuid, draft jsonb)
     where t.site_id = site and t.task_id = e.task_id and t.state = 1 and c.site_id = site and c.task_id = t.task_id
       and c.clause_no > jsonb_array_length(draft -> 'clauses');
    delete from task.milestone m using task.task t, jsonb_to_recordset(list) e(task_id uuid, draft jsonb)
     where t.site_id = site and t.task_id = e.task_id and t.state = 1 and m.site_id = site and m.task_id = t.task_id
       and m.milestone_no > jsonb_array_length(draft -> 'milestones');
end $$;

-- Makes legs, clauses and milestones what drafts say. What stays keeps what was decided about it: a collective its
-- members, a clause with the same words its waiver. An element is {"task_id", "draft"}.
create function task.put_parts(site int4, list jsonb) returns int4
language plpgsql as $$
declare
    made jsonb = (select jsonb_agg(e || jsonb_build_object('draft', task.normal_draft(e -> 'draft')))
                    from jsonb_array_elements(list) e);
begin
    perform task.drop_parts(site, made);
    insert into task.leg (site_id, task_id, unit_id, role, state, is_collective)
    select site, e.task_id, u.unit_id::int4, u.role, 1, f.is_collective
      from jsonb_to_recordset(made) e(task_id uuid, draft jsonb),
           lateral (select draft -> 'lead_unit_id', 1 where draft -> 'lead_unit_id' <> '0'
                    union all select jsonb_array_elements(draft -> 'co_unit_ids'), 2
                    union all select jsonb_array_elements(draft -> 'county_unit_ids'), 3) u(unit_id, role),
           directory.unit_facts(site, u.unit_id::int4) f
    on conflict (site_id, task_id, unit_id) do update set role = excluded.role;
    insert into task.clause as c (site_id, task_id, clause_no, text, covered)
    select site, e.task_id, x.n, x.text, draft ->> 'result' <> ''
      from jsonb_to_recordset(made) e(task_id uuid, draft jsonb),
           jsonb_array_elements_text(draft -> 'clauses') with ordinality x(text, n)
    on conflict (site_id, task_id, clause_no) do update
       set text = excluded.text, covered = excluded.covered,
           waived_by = case when c.text = excluded.text then c.waived_by else 0 end,
           waiver = case when c.text = excluded.text then c.waiver else '' end;
    insert into task.milestone (site_id, task_id, milestone_no, title, due)
    select site, e.task_id, x.n, x.step ->> 'title', (x.step ->> 'due')::date
      from jsonb_to_recordset(made) e(task_id uuid, draft jsonb),
           jsonb_array_elements(draft -> 'milestones') with ordinality x(step, n)
    on conflict (site_id, task_id, milestone_no) do update set title = excluded.title, due = excluded.due;
    return jsonb_array_length(made);
end $$;

-- Creates drafts, version 1 each, with their legs, clauses, history and audit entries; answers how many. An element is
-- {"task_id", "body" (hex), "draft" (bihuan.v1.Draft with column names)}.
create function task.create_drafts(site int4, list jsonb, office int4, parent uuid, parent_leg int4, import uuid,
                                   actor int4, login text, unit int4, post int2, now_ms int8) returns int4
language plpgsql as $$
begin
    insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, deadline, is_key, office_unit,
                           lead_unit, leader_ids, parent_id, parent_unit, import_id, first_line, last_line, also_at,
                           created_ms, position)
    select site, (e ->> 'task_id')::uuid, 1,
           sha256('\x00'::bytea || decode(e ->> 'body', 'hex') || decode(repeat('00', 32), 'hex')), 1,
           d.no, d.text, d.result, nullif(d.deadline, '')::date, d.is_key, office, nullif(d.lead_unit_id, 0),
           coalesce(d.leader_ids, '{}'), parent, parent_leg, import, d.first_line, d.last_line, d.also_at,
           create_drafts.now_ms, n
      from jsonb_array_elements(list) with ordinality x(e, n),
           jsonb_to_record(e -> 'draft') d(no text, text text, result text, deadline text, is_key bool, lead_unit_id int4,
                                           leader_ids int4[], first_line int4, last_line int4, also_at jsonb);
    perform task.put_parts(site, list);
    insert into task.event (site_id, task_id, version, time_ms, move, user_id, login, unit_id, post, leader_id,
                            about_unit, state, note)
    select site, (e ->> 'task_id')::uuid, 1, create_drafts.now_ms, 'CREATE', actor, create_drafts.login,
           create_drafts.unit, create_drafts.post, 0, 0, 1, ''
      from jsonb_array_elements(list) e;
    return audit.append(array_agg(site order by n),
                        array_agg(decode(e ->> 'body', 'hex') || decode(repeat('00', 32), 'hex') order by n))
      from jsonb_array_elements(list) with ordinality x(e, n);
end $$;

-- The door for reports: is this unit's leg at work at this instant? Locks what it answers about until the report is in.
-- No unit has a leg of a task that was not issued: it does not learn of drafts.
create function task.leg_gate(site int4, task uuid, unit int4) returns table (task_state int2, leg_state int2)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select t.state, l.state
      from task.task t
      left join task.leg l on l.site_id = t.site_id and l.task_id = t.task_id and l.unit_id = leg_gate.unit
                          and t.issuer <> 0
     where t.site_id = leg_gate.site and t.task_id = leg_gate.task
       for share of t;
end $$;
grant usage on schema task to bihuan_progress;
grant execute on function task.leg_gate(int4, uuid, int4) to bihuan_progress;

grant select, insert, update on task.task, task.leg, task.clause, task.application, task.closure, task.milestone
    to bihuan_task;
grant select, insert on task.named_member, task.child_waiver, task.import, task.event, task.idem, task.outbox_dead
    to bihuan_task;
grant select, insert, update on task.outbox_lease to bihuan_task;
grant select, insert, update, delete on task.outbox to bihuan_task;
grant execute on function task.readable(task.task, int4, int2, int4), task.misnamed(int4, jsonb, date),
    task.draft_of(task.task), task.normal_draft(jsonb), task.revised(task.task, jsonb), task.put_parts(int4, jsonb),
    task.drop_parts(int4, jsonb),
    task.create_drafts(int4, jsonb, int4, uuid, int4, uuid, int4, text, int4, int2, int8) to bihuan_task;
grant execute on function task.facts(task.task, int4, int4, int2, int4, int4, int4, int2, uuid, int4, text[], date, date, int8, int8)
    to bihuan_task;
commit;

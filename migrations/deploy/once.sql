-- Deploy once: what every command of a set would ask is asked once for the set, and what most commands need not ask is
-- not worked out.
begin;
set local role bihuan_directory_owner;

-- The door for the drafts of a set: which of their units there are, and what they are.
create function directory.kinds(site int4, units int4[]) returns table (unit_id int4, is_collective bool)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select u.unit_id, u.kind = 5 from directory.unit u
                  where u.site_id = kinds.site and u.unit_id = any(kinds.units);
end $$;
grant execute on function directory.kinds(int4, int4[]) to bihuan_task;
set local role bihuan_task_owner;

-- Whether any draft of a list names what will not do; which one, task.misnamed says.
create function task.any_misnamed(site int4, list jsonb, day date) returns bool
language plpgsql stable as $$
begin
    return (
        select directory.misnamed(site, array_agg(distinct p.id) filter (where p.part in ('co_unit_ids', 'county_unit_ids')),
                                  array_agg(distinct p.id) filter (where p.part = 'lead_unit_id'),
                                  array_agg(distinct p.id) filter (where p.part = 'leader_ids'), day) is not null
            or count(distinct (p.n, p.id)) filter (where p.part <> 'leader_ids')
               <> count(distinct (p.n, p.id, p.part)) filter (where p.part <> 'leader_ids')
          from (select x.n, f.part, v.id::int4 as id
                  from jsonb_array_elements(list) with ordinality x(e, n),
                       unnest(array['lead_unit_id', 'co_unit_ids', 'county_unit_ids', 'leader_ids']) f(part),
                       -- One number is an array of one.
                       jsonb_array_elements('[]' || (x.e -> 'draft' -> f.part)) v(id)
                 where v.id <> '0' or f.part <> 'lead_unit_id') p);
end $$;
grant execute on function task.any_misnamed(int4, jsonb, date) to bihuan_task;

-- As before: who may read a task. It looks for a leg only where nothing else says so.
create or replace function task.readable(t task.task, unit int4, post int2, leader int4) returns bool
language plpgsql stable as $$
begin
    if post in (7, 8) then
        return post = 7;
    elsif unit = t.office_unit or leader = any(t.leader_ids) or unit = t.parent_unit then
        return true;
    end if;
    return t.issuer <> 0 and exists (select from task.leg l where l.site_id = t.site_id and l.task_id = t.task_id
                                        and l.unit_id = unit)
        or exists (select from task.task p where p.site_id = t.site_id and p.task_id = t.parent_id
                      and p.office_unit = unit);
end $$;

-- As before: the changes that moves other than corrections make of a task itself. Most make none.
create or replace function task.differences(old task.task, new task.task) returns jsonb
language plpgsql immutable as $$
begin
    if old.deadline is not distinct from new.deadline and old.result = new.result
       and old.review_day is not distinct from new.review_day and old.lead_unit is not distinct from new.lead_unit then
        return '[]';
    end if;
    return (
        select jsonb_agg(jsonb_build_object('field', field, 'before', coalesce(before, ''), 'after', coalesce(after, '')))
          from (values ('deadline', old.deadline::text, new.deadline::text), ('result', old.result, new.result),
                       ('review_day', old.review_day::text, new.review_day::text),
                       ('lead_unit_id', old.lead_unit::text, new.lead_unit::text)) v(field, before, after)
         where before is distinct from after);
end $$;

-- As before: the units that a return (legs 6) sends back, the class that a verification (closure 5) gives.
create or replace function task.said(legs int2, units int4[], closure int2, result text) returns jsonb
language plpgsql immutable as $$
begin
    if legs <> 6 and closure <> 5 then
        return '[]';
    end if;
    return (
        select coalesce(jsonb_agg(jsonb_build_object('field', field, 'before', '', 'after', value)), '[]')
          from (values ('unit_ids', case when legs = 6 and units <> '{}' then to_jsonb(units) end),
                       ('result_class', case when closure = 5 then to_jsonb(result) end)) v(field, value)
         where value is not null);
end $$;

-- As before, of drafts as they were sent or in normal form: adds the legs, clauses and milestones that they say. What stays
-- keeps what was decided about it: a collective its members, a clause with the same words its waiver. An element is
-- {"task_id", "draft"}.
create or replace function task.add_parts(site int4, list jsonb) returns void
language plpgsql as $$
begin
    with named as materialized (
        select distinct e.task_id, u.unit_id::int4, u.role
          from jsonb_to_recordset(list) e(task_id uuid, draft jsonb),
               lateral (select draft -> 'lead_unit_id', 1 where draft -> 'lead_unit_id' <> '0'
                        union all select jsonb_array_elements(draft -> 'co_unit_ids'), 2
                        union all select jsonb_array_elements(draft -> 'county_unit_ids'), 3) u(unit_id, role)
    )
    insert into task.leg (site_id, task_id, unit_id, role, state, is_collective)
    select site, n.task_id, n.unit_id, n.role, 1, k.is_collective
      from named n join directory.kinds(site, (select array_agg(distinct unit_id) from named)) k using (unit_id)
     order by n.task_id, n.unit_id
    on conflict (site_id, task_id, unit_id) do update set role = excluded.role;
    insert into task.clause as c (site_id, task_id, clause_no, text, covered)
    select site, e.task_id, x.n, x.text, draft ->> 'result' <> ''
      from jsonb_to_recordset(list) e(task_id uuid, draft jsonb),
           jsonb_array_elements_text(case when draft -> 'clauses' = '[]' then jsonb_build_array(draft -> 'text')
                                          else draft -> 'clauses' end) with ordinality x(text, n)
    on conflict (site_id, task_id, clause_no) do update
       set text = excluded.text, covered = excluded.covered,
           waived_by = case when c.text = excluded.text then c.waived_by else 0 end,
           waiver = case when c.text = excluded.text then c.waiver else '' end;
    insert into task.milestone (site_id, task_id, milestone_no, title, due)
    select site, e.task_id, x.n, x.step ->> 'title', (x.step ->> 'due')::date
      from jsonb_to_recordset(list) e(task_id uuid, draft jsonb),
           jsonb_array_elements(draft -> 'milestones') with ordinality x(step, n)
    on conflict (site_id, task_id, milestone_no) do update set title = excluded.title, due = excluded.due;
end $$;

-- As before: creates drafts, version 1 each, with their legs, clauses, history and audit entries; answers how many.
create or replace function task.create_drafts(site int4, batches jsonb) returns int4
language plpgsql as $$
declare
    logged int4;
begin
    with made as materialized (
        select (e ->> 'task_id')::uuid as task_id, decode(e ->> 'body', 'hex') || decode(repeat('00', 32), 'hex') as leaf,
               e -> 'draft' as draft, b.*, n, row_number() over () as place
          from jsonb_to_recordset(batches) b(office int4, parent uuid, parent_leg int4, import uuid, actor int4, login text,
                                             unit int4, post int2, now_ms int8, list jsonb),
               jsonb_array_elements(b.list) with ordinality x(e, n)
    ), tasks as (
        insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, deadline, is_key, office_unit,
                               lead_unit, leader_ids, parent_id, parent_unit, import_id, first_line, last_line, also_at,
                               created_ms, position)
        select site, m.task_id, 1, sha256('\x00'::bytea || m.leaf), 1, d.no, d.text, d.result, nullif(d.deadline, '')::date,
               d.is_key, m.office, nullif(d.lead_unit_id, 0), coalesce(d.leader_ids, '{}'), m.parent, m.parent_leg,
               m.import, d.first_line, d.last_line, d.also_at, m.now_ms, m.n
          from made m,
               jsonb_to_record(m.draft) d(no text, text text, result text, deadline text, is_key bool, lead_unit_id int4,
                                          leader_ids int4[], first_line int4, last_line int4, also_at jsonb)
    ), events as (
        insert into task.event (site_id, task_id, version, time_ms, move, user_id, login, unit_id, post, leader_id,
                                about_unit, state, note)
        select site, task_id, 1, now_ms, 'CREATE', actor, login, unit, post, 0, 0, 1, '' from made
    )
    select audit.append(array_agg(site order by place), array_agg(leaf order by place)) into logged from made;
    perform task.add_parts(site, (select jsonb_agg(e) from jsonb_array_elements(batches) b,
                                                           jsonb_array_elements(b -> 'list') e));
    return logged;
end $$;

set local role bihuan_progress_owner;
-- As before: the id of a report, uuid_derive(task, "unit/YYYY-MM") of lib/base/uuid.h.
create or replace function progress.report_id(task uuid, unit int4, period date) returns uuid
language plpgsql immutable strict parallel safe as $$
declare
    h bytea = substring(sha256(uuid_send(task) || convert_to(unit || '/' || to_char(period, 'YYYY-MM'), 'UTF8'))
                        from 1 for 16);
begin
    return encode(set_byte(set_byte(h, 6, get_byte(h, 6) & 15 | 128), 8, get_byte(h, 8) & 63 | 128), 'hex')::uuid;
end $$;

-- As before: the first target of the values that is not the task's, if there is one. Most reports have no values.
create or replace function progress.foreign_target(site int4, task uuid, figures jsonb) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    if figures = '[]' then
        return null;
    end if;
    return (select f.target_id
              from jsonb_to_recordset(figures) as f (target_id text)
             where case when f.target_id <> '' then not target.is_of_task(site, task, f.target_id::uuid) end
             limit 1);
end $$;
commit;

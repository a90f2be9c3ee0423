-- Revert once.
begin;
set local role bihuan_progress_owner;
-- The first target of the values that is not the task's, if there is one.
create or replace function progress.foreign_target(site int4, task uuid, figures jsonb) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    return (select f.target_id
              from jsonb_to_recordset(figures) as f (target_id text)
             where case when f.target_id <> '' then not target.is_of_task(site, task, f.target_id::uuid) end
             limit 1);
end $$;

-- The id of a report: uuid_derive(task, "unit/YYYY-MM") of lib/base/uuid.h.
create or replace function progress.report_id(task uuid, unit int4, period date) returns uuid
language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp as $$
    select encode(set_byte(set_byte(h, 6, get_byte(h, 6) & 15 | 128), 8, get_byte(h, 8) & 63 | 128), 'hex')::uuid
      from (select substring(sha256(uuid_send(task) || convert_to(unit || '/' || to_char(period, 'YYYY-MM'), 'UTF8'))
                             from 1 for 16) h) digest
$$;

set local role bihuan_task_owner;
-- Creates drafts, version 1 each, with their legs, clauses, history and audit entries; answers how many. A batch is what
-- one command creates: {"office", "parent", "parent_leg", "import", "actor", "login", "unit", "post", "now_ms", "list"}, an
-- element of its list {"task_id", "body" (hex), "draft" (bihuan.v1.Draft with column names)}.
create or replace function task.create_drafts(site int4, batches jsonb) returns int4
language plpgsql as $$
begin
    insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, deadline, is_key, office_unit,
                           lead_unit, leader_ids, parent_id, parent_unit, import_id, first_line, last_line, also_at,
                           created_ms, position)
    select site, (e ->> 'task_id')::uuid, 1,
           sha256('\x00'::bytea || decode(e ->> 'body', 'hex') || decode(repeat('00', 32), 'hex')), 1,
           d.no, d.text, d.result, nullif(d.deadline, '')::date, d.is_key, b.office, nullif(d.lead_unit_id, 0),
           coalesce(d.leader_ids, '{}'), b.parent, b.parent_leg, b.import, d.first_line, d.last_line, d.also_at, b.now_ms, n
      from jsonb_to_recordset(batches) b(office int4, parent uuid, parent_leg int4, import uuid, now_ms int8, list jsonb),
           jsonb_array_elements(b.list) with ordinality x(e, n),
           jsonb_to_record(e -> 'draft') d(no text, text text, result text, deadline text, is_key bool, lead_unit_id int4,
                                           leader_ids int4[], first_line int4, last_line int4, also_at jsonb);
    perform task.add_parts(site, (
        select jsonb_agg(jsonb_build_object('task_id', e -> 'task_id', 'draft', task.normal_draft(e -> 'draft')))
          from jsonb_array_elements(batches) b, jsonb_array_elements(b -> 'list') e));
    insert into task.event (site_id, task_id, version, time_ms, move, user_id, login, unit_id, post, leader_id,
                            about_unit, state, note)
    select site, (e ->> 'task_id')::uuid, 1, b.now_ms, 'CREATE', b.actor, b.login, b.unit, b.post, 0, 0, 1, ''
      from jsonb_to_recordset(batches) b(actor int4, login text, unit int4, post int2, now_ms int8, list jsonb),
           jsonb_array_elements(b.list) e;
    return audit.append(array_agg(site order by m, n),
                        array_agg(decode(e ->> 'body', 'hex') || decode(repeat('00', 32), 'hex') order by m, n))
      from jsonb_array_elements(batches) with ordinality y(b, m),
           jsonb_array_elements(b -> 'list') with ordinality x(e, n);
end $$;

-- Adds the legs, clauses and milestones that drafts in normal form say. What stays keeps what was decided about it: a
-- collective its members, a clause with the same words its waiver. An element is {"task_id", "draft"}.
create or replace function task.add_parts(site int4, list jsonb) returns void
language plpgsql as $$
begin
    insert into task.leg (site_id, task_id, unit_id, role, state, is_collective)
    select site, e.task_id, u.unit_id::int4, u.role, 1, f.is_collective
      from jsonb_to_recordset(list) e(task_id uuid, draft jsonb),
           lateral (select draft -> 'lead_unit_id', 1 where draft -> 'lead_unit_id' <> '0'
                    union all select jsonb_array_elements(draft -> 'co_unit_ids'), 2
                    union all select jsonb_array_elements(draft -> 'county_unit_ids'), 3) u(unit_id, role),
           directory.unit_facts(site, u.unit_id::int4) f
    on conflict (site_id, task_id, unit_id) do update set role = excluded.role;
    insert into task.clause as c (site_id, task_id, clause_no, text, covered)
    select site, e.task_id, x.n, x.text, draft ->> 'result' <> ''
      from jsonb_to_recordset(list) e(task_id uuid, draft jsonb),
           jsonb_array_elements_text(draft -> 'clauses') with ordinality x(text, n)
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

-- In the form of changes: the units that a return (legs 6) sends back, the class that a verification (closure 5) gives.
create or replace function task.said(legs int2, units int4[], closure int2, result text) returns jsonb
language sql immutable as $$
    select coalesce(jsonb_agg(jsonb_build_object('field', field, 'before', '', 'after', value)), '[]')
      from (values ('unit_ids', case when legs = 6 and units <> '{}' then to_jsonb(units) end),
                   ('result_class', case when closure = 5 then to_jsonb(result) end)) v(field, value)
     where value is not null
$$;

-- The changes that moves other than corrections make of a task itself.
create or replace function task.differences(old task.task, new task.task) returns jsonb
language sql immutable as $$
    select coalesce(jsonb_agg(jsonb_build_object('field', field, 'before', coalesce(before, ''),
                                                 'after', coalesce(after, ''))), '[]')
      from (values ('deadline', old.deadline::text, new.deadline::text), ('result', old.result, new.result),
                   ('review_day', old.review_day::text, new.review_day::text),
                   ('lead_unit_id', old.lead_unit::text, new.lead_unit::text)) v(field, before, after)
     where before is distinct from after
$$;

-- Who may read a task, and so learn that there is one: its office, its leaders, its units once it is issued, the unit it
-- was broken down from and the office above; auditors everything, operators nothing.
create or replace function task.readable(t task.task, unit int4, post int2, leader int4) returns bool
language plpgsql stable as $$
begin
    if post in (7, 8) then
        return post = 7;
    end if;
    return unit = t.office_unit or leader = any(t.leader_ids) or unit = t.parent_unit
        or t.issuer <> 0 and exists (select from task.leg l where l.site_id = t.site_id and l.task_id = t.task_id
                                        and l.unit_id = unit)
        or exists (select from task.task p where p.site_id = t.site_id and p.task_id = t.parent_id
                      and p.office_unit = unit);
end $$;
drop function task.any_misnamed(int4, jsonb, date);
set local role bihuan_directory_owner;
drop function directory.kinds(int4, int4[]);
commit;

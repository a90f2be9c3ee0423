-- Revert plans.
begin;
set local role bihuan_task_owner;
create or replace function task.revised(t task.task, change jsonb) returns table (draft jsonb, changes jsonb)
language sql stable as $$
    select a.draft, n.changes
      from task.draft_of(t) old,
           lateral (select coalesce(jsonb_object_agg(key, value), '{}') as fields from jsonb_each(change -> 'draft')
                     where change -> 'fields' ? key) given,
           lateral (select task.normal_draft(old
                        || (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(change -> 'gaps')
                             where old ->> key = '' and value <> '""')
                        -- A text that is its own clause stays that.
                        || case when old -> 'clauses' = jsonb_build_array(old -> 'text') then '{"clauses": []}' else '{}'::jsonb end
                        || task.units_left(old, given.fields) || given.fields) as draft) a,
           lateral (select jsonb_agg(jsonb_build_object('field', key, 'before', old -> key, 'after', a.draft -> key)
                                     order by key) as changes
                      from jsonb_object_keys(old) key where old -> key <> a.draft -> key) n
     where n.changes is not null
$$;

create or replace function task.normal_draft(d jsonb) returns jsonb
language sql immutable as $$
    select d || jsonb_build_object(
        'co_unit_ids', (select coalesce(jsonb_agg(distinct u order by u), '[]')
                          from jsonb_array_elements(d -> 'co_unit_ids') u),
        'county_unit_ids', (select coalesce(jsonb_agg(distinct u order by u), '[]')
                              from jsonb_array_elements(d -> 'county_unit_ids') u),
        'clauses', case when d -> 'clauses' = '[]' then jsonb_build_array(d -> 'text') else d -> 'clauses' end,
        'milestones', (select coalesce(jsonb_agg(jsonb_build_object('title', m -> 'title', 'due', m -> 'due') order by n), '[]')
                         from jsonb_array_elements(d -> 'milestones') with ordinality x(m, n)))
$$;

create or replace function task.doubled(draft jsonb) returns int4[]
language sql immutable as $$
    select array[15, unit_id::int4]
      from (select draft -> 'lead_unit_id'
            union all select distinct u from jsonb_array_elements(draft -> 'co_unit_ids') u
            union all select distinct u from jsonb_array_elements(draft -> 'county_unit_ids') u) x(unit_id)
     where unit_id <> '0'
     group by unit_id having count(*) > 1
     order by unit_id limit 1
$$;

create or replace function task.misnamed(site int4, list jsonb, day date) returns int4[]
language sql stable as $$
    select m.misnamed
      from jsonb_array_elements(list) e,
           jsonb_to_record(e -> 'draft') d(lead_unit_id int4, co_unit_ids int4[], county_unit_ids int4[],
                                           leader_ids int4[]),
           lateral (select coalesce(
                        directory.misnamed(site, d.co_unit_ids || d.county_unit_ids,
                                           case when d.lead_unit_id <> 0 then array[d.lead_unit_id] end, d.leader_ids, day),
                        task.doubled(e -> 'draft'))) m(misnamed)
     where m.misnamed is not null limit 1
$$;

create or replace function task.readable(t task.task, unit int4, post int2, leader int4) returns bool
language sql stable as $$
    select case post when 7 then true when 8 then false else
        unit = t.office_unit or leader = any(t.leader_ids) or unit = t.parent_unit
        or t.issuer <> 0 and exists (select from task.leg l where l.site_id = t.site_id and l.task_id = t.task_id
                                        and l.unit_id = unit)
        or exists (select from task.task p where p.site_id = t.site_id and p.task_id = t.parent_id
                      and p.office_unit = unit) end
$$;

create or replace function task.drop_parts(site int4, list jsonb) returns void
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

create or replace function task.put_parts(site int4, list jsonb) returns int4
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

create or replace function task.create_drafts(site int4, list jsonb, office int4, parent uuid, parent_leg int4, import uuid,
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

drop function task.add_parts(int4, jsonb);
commit;

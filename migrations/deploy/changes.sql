-- Deploy changes: what a move changed, field by field, in the history.
begin;
set local role bihuan_directory_owner;

-- The door for histories and waivers: who somebody is.
create function directory.person_facts(site int4, person int4) returns table (login text, name text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select p.login, p.name from directory.person p
                  where p.site_id = person_facts.site and p.user_id = person_facts.person;
end $$;
grant execute on function directory.person_facts(int4, int4) to bihuan_task;
set local role bihuan_task_owner;

-- A list of {"field", "before", "after"}: values as bihuan.v1.Draft has them, "" for none.
alter table task.event add column changes jsonb not null default '[]' check (jsonb_typeof(changes) = 'array');

drop function task.revised(task.task, jsonb);
-- A draft as a correction leaves it, and its changes for the history; no row where nothing changes. A correction is
-- {"fields", "draft", "gaps"}: the named fields are those of "draft", and what is empty those of "gaps".
create function task.revised(t task.task, change jsonb) returns table (draft jsonb, changes jsonb)
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
grant execute on function task.revised(task.task, jsonb) to bihuan_task;

-- The changes that moves other than corrections make of a task itself.
create function task.differences(old task.task, new task.task) returns jsonb
language sql immutable as $$
    select coalesce(jsonb_agg(jsonb_build_object('field', field, 'before', coalesce(before, ''),
                                                 'after', coalesce(after, ''))), '[]')
      from (values ('deadline', old.deadline::text, new.deadline::text), ('result', old.result, new.result),
                   ('review_day', old.review_day::text, new.review_day::text),
                   ('lead_unit_id', old.lead_unit::text, new.lead_unit::text)) v(field, before, after)
     where before is distinct from after
$$;
grant execute on function task.differences(task.task, task.task) to bihuan_task;

-- A value of a change in the words of people, as a list: units and leaders by name.
create function task.shown(site int4, field text, value jsonb) returns jsonb
language sql stable as $$
    select coalesce(jsonb_agg(w.word order by n) filter (where w.word <> ''), '[]')
      from jsonb_array_elements(case jsonb_typeof(value) when 'array' then value else jsonb_build_array(value) end)
               with ordinality x(item, n),
           lateral (select case
                        when field in ('lead_unit_id', 'co_unit_ids', 'county_unit_ids')
                            then (select name from directory.unit_facts(site, nullif(item #>> '{}', '')::int4))
                        when field = 'leader_ids' then (select name from directory.person_facts(site, item::int4))
                        when field = 'milestones' then (item ->> 'due') || ' ' || (item ->> 'title')
                        when field = 'also_at' then item ->> 'no'
                        else left(item #>> '{}', 200) end as word) w
$$;
grant execute on function task.shown(int4, text, jsonb) to bihuan_task;
commit;

-- Revert changes.
begin;
set local role bihuan_task_owner;
drop function task.shown(int4, text, jsonb), task.differences(task.task, task.task), task.revised(task.task, jsonb);
-- A draft as a correction leaves it, and old and new values for its history; no row where nothing changes. A correction is
-- {"fields", "draft", "gaps"}: the named fields are those of "draft", and what is empty those of "gaps".
create or replace function task.revised(t task.task, change jsonb) returns table (draft jsonb, note text)
language sql stable as $$
    select a.draft, n.note
      from task.draft_of(t) old,
           lateral (select coalesce(jsonb_object_agg(key, value), '{}') as fields from jsonb_each(change -> 'draft')
                     where change -> 'fields' ? key) given,
           lateral (select task.normal_draft(old
                        || (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(change -> 'gaps')
                             where old ->> key = '' and value <> '""')
                        -- A text that is its own clause stays that.
                        || case when old -> 'clauses' = jsonb_build_array(old -> 'text') then '{"clauses": []}' else '{}'::jsonb end
                        || task.units_left(old, given.fields) || given.fields) as draft) a,
           lateral (select string_agg(format('%s: %s → %s', key, left(old ->> key, 200), left(a.draft ->> key, 200)),
                                      E'\n' order by key) as note
                      from jsonb_object_keys(old) key where old -> key <> a.draft -> key) n
     where n.note is not null
$$;
grant execute on function task.revised(task.task, jsonb) to bihuan_task;
alter table task.event drop column changes;
set local role bihuan_directory_owner;
drop function directory.person_facts(int4, int4);
commit;

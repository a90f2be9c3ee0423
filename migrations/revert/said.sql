-- Revert said.
begin;
set local role bihuan_task_owner;
-- A value of a change in the words of people, as a list: units and leaders by name.
create or replace function task.shown(site int4, field text, value jsonb) returns jsonb
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
drop function task.said(int2, int4[], int2, text);
commit;

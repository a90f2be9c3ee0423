-- Revert parts.
begin;
set local role bihuan_task_owner;
create or replace function task.revised(t task.task, change jsonb) returns table (draft jsonb, note text)
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
create or replace function task.normal_draft(d jsonb) returns jsonb
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
create or replace function task.misnamed(site int4, list jsonb, day date) returns int4[]
language sql stable as $$
    select m.misnamed
      from jsonb_array_elements(list) e,
           jsonb_to_record(e -> 'draft') d(lead_unit_id int4, co_unit_ids int4[], county_unit_ids int4[],
                                           leader_ids int4[]),
           directory.misnamed(site, d.co_unit_ids || d.county_unit_ids,
                              case when d.lead_unit_id <> 0 then array[d.lead_unit_id] end, d.leader_ids, day) m(misnamed)
     where m.misnamed is not null limit 1
$$;
drop function task.units_left(jsonb, jsonb), task.doubled(jsonb);
set local role bihuan_directory_owner;
create or replace function directory.misnamed(site int4, named int4[], single int4[], leaders int4[], day date) returns int4[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (
        select array[case when u.unit_id is null then 11 else 12 end, n.id]
          from (select unnest(named) as id, false as is_single union all select unnest(single), true) n
          left join directory.unit u on u.site_id = misnamed.site and u.unit_id = n.id
         where u.unit_id is null or n.is_single and u.kind = 5
        union all
        select array[13, n.id]
          from unnest(leaders) n(id)
         where not exists (select from directory.post_grant g join directory.person p using (site_id, user_id)
                            where g.site_id = misnamed.site and g.user_id = n.id and g.leader_id = n.id and g.post = 6
                              and g.revoked_version is null and not p.disabled
                              and misnamed.day between g.first_day and coalesce(g.last_day, 'infinity'))
         limit 1);
end $$;
commit;

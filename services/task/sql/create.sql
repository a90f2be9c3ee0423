-- Creates one draft; its id is the request id.
-- combine: $3
-- $1 site int4[]
-- $2 key uuid[]
-- $3 task uuid[]
-- $4 fingerprint bytea[]
-- $5 list text[]
-- $6 actor int4[]
-- $7 login text[]
-- $8 unit int4[]
-- $9 post int2[]
-- $10 now_ms int8[]
-- $11 today date[]
with inp as materialized (
    select * from unnest($1::int4[], $2::uuid[], $3::uuid[], $4::bytea[], $5::text[], $6::int4[], $7::text[], $8::int4[],
        $9::int2[], $10::int8[], $11::date[]) with ordinality
        as i(site_id, key, task_id, fingerprint, list, actor, login, unit, post, now_ms, today, ord)
),
-- Seldom is anything wrong with any of them; only then each is looked at.
any_misnamed as materialized (
    select site_id, today, task.any_misnamed(site_id, jsonb_agg(e), today) as found
      from inp, jsonb_array_elements(list::jsonb) e group by site_id, today
),
chk as materialized (
    select i.*, k.version as done_version, k.state as done_state,
           case when k.fingerprint = i.fingerprint then 4 when k.key is not null then 5 else coalesce(m.misnamed[1], 0) end as pre,
           m.misnamed[2] as misnamed
      from inp i left join task.idem k on k.site_id = i.site_id and k.key = i.key
      left join any_misnamed a on a.site_id = i.site_id and a.today = i.today
      left join lateral (
        select case when k.key is null and a.found then task.misnamed(i.site_id, i.list::jsonb, i.today) end) m(misnamed) on true
),
made as materialized (
    select site_id, task.create_drafts(site_id, jsonb_agg(jsonb_build_object(
                        'office', unit, 'actor', actor, 'login', login, 'unit', unit, 'post', post, 'now_ms', now_ms,
                        'list', list::jsonb) order by ord)) as n
      from chk where pre = 0 group by site_id
),
keys as (
    insert into task.idem (site_id, key, fingerprint, object_id, version, state)
    select c.site_id, c.key, c.fingerprint, c.task_id, 1, 1 from chk c join made using (site_id) where c.pre = 0
    returning 1
)
select ord, 0 as outcome, task_id::text as task_id, 1 as version, 1 as state, 0 as _misnamed, '' as _misnamed_name, n as _logged
  from chk join made using (site_id) where pre = 0
union all
select ord, pre, task_id::text, done_version, done_state::int4, misnamed, (select name from directory.unit_facts(site_id, misnamed)), 0 from chk where pre <> 0

-- Gives a person a dated post. Refused (3): detail 1 = the unit, 2 = the leader does not exist, 3 = held already on
-- one of these days, 4 = the account is closed.
-- $1 site_id int4[]
-- $2 user_id int4[]
-- $3 key uuid[]
-- $4 fingerprint bytea[]
-- $5 expected int4[]
-- $6 unit_id int4[]
-- $7 post int2[]
-- $8 leader_id int4[]
-- $9 first_day date[]
-- $10 last_day date[]
-- $11 body bytea[]
-- combine: $2
with inp as materialized (
    select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) with ordinality
        i(site_id, user_id, key, fingerprint, expected, unit_id, post, leader_id, first_day, last_day, body, ord)
), chk as materialized (
    select i.*, p.leaf_hash as previous, coalesce(k.version, p.version) as seen_version, refused._detail,
           case when k.fingerprint = i.fingerprint then 4
                when k.key is not null then 5
                when p.user_id is null then 1
                when p.version <> i.expected then 2
                when refused._detail > 0 then 3
                else 0 end as pre
      from inp i
      left join directory.idem k on k.site_id = i.site_id and k.key = i.key
      left join directory.person p on p.site_id = i.site_id and p.user_id = i.user_id
      cross join lateral (
          select case
              when i.unit_id > 0 and not exists (
                  select from directory.unit u where u.site_id = i.site_id and u.unit_id = i.unit_id) then 1
              when i.leader_id > 0 and not exists (
                  select from directory.person l where l.site_id = i.site_id and l.user_id = i.leader_id) then 2
              when exists (
                  select from directory.post_grant g
                   where g.site_id = i.site_id and g.user_id = i.user_id and g.unit_id = i.unit_id
                     and g.post = i.post and g.leader_id = i.leader_id and g.revoked_version is null
                     and daterange(g.first_day, g.last_day, '[]') && daterange(i.first_day, i.last_day, '[]')) then 3
              when p.disabled then 4
              else 0 end as _detail) refused
), upd as (
    update directory.person p set version = p.version + 1, leaf_hash = sha256('\x00'::bytea || c.body || c.previous)
      from chk c
     where c.pre = 0 and p.site_id = c.site_id and p.user_id = c.user_id and p.version = c.expected and not p.disabled
    returning c.ord, p.site_id, p.user_id, p.version, c.key, c.fingerprint, c.unit_id, c.post, c.leader_id, c.first_day,
              c.last_day, c.body || c.previous as leaf
), given as (
    insert into directory.post_grant (site_id, user_id, version, unit_id, post, leader_id, first_day, last_day)
    select site_id, user_id, version, unit_id, post, leader_id, first_day, last_day from upd
), kept as (
    insert into directory.idem (site_id, key, fingerprint, object_id, version, state)
    select site_id, key, fingerprint, user_id::text, version, 0 from upd
), logged as (
    select audit.append(array_agg(site_id order by ord), array_agg(leaf order by ord)) from upd
)
select ord, 0 as outcome, user_id, version, 0 as _detail from upd cross join logged
union all
select ord, pre, user_id, seen_version, _detail from chk where pre <> 0

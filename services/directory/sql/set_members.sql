-- Sets the members of a collective from a day on. Refused (3): the unit is no collective (detail 0), or `detail` is a
-- member that does not exist or is a collective itself.
-- $1 site_id int4[]
-- $2 unit_id int4[]
-- $3 key uuid[]
-- $4 fingerprint bytea[]
-- $5 expected int4[]
-- $6 members text[]
-- $7 first_day date[]
-- $8 body bytea[]
-- combine: $2
with inp as materialized (
    select site_id, unit_id, key, fingerprint, expected, members::int4[] as members, first_day, body, ord
      from unnest($1, $2, $3, $4, $5, $6, $7, $8) with ordinality
           i(site_id, unit_id, key, fingerprint, expected, members, first_day, body, ord)
), chk as materialized (
    select i.*, u.leaf_hash as previous, coalesce(k.version, u.version) as seen_version,
           case when u.kind <> 5 then 0 else bad.member end as _detail,
           case when k.fingerprint = i.fingerprint then 4
                when k.key is not null then 5
                when u.unit_id is null then 1
                when u.version <> i.expected then 2
                when u.kind <> 5 or bad.member is not null then 3
                else 0 end as pre
      from inp i
      left join directory.idem k on k.site_id = i.site_id and k.key = i.key
      left join directory.unit u on u.site_id = i.site_id and u.unit_id = i.unit_id
      left join lateral (
          select m.member
            from unnest(i.members) m(member)
            left join directory.unit n on n.site_id = i.site_id and n.unit_id = m.member and n.kind <> 5
           where n.unit_id is null limit 1) bad on true
), upd as (
    update directory.unit u set version = u.version + 1, leaf_hash = sha256('\x00'::bytea || c.body || c.previous)
      from chk c
     where c.pre = 0 and u.site_id = c.site_id and u.unit_id = c.unit_id and u.version = c.expected
    returning c.ord, u.site_id, u.unit_id, u.version, c.key, c.fingerprint, c.members, c.first_day,
              c.body || c.previous as leaf
), listed as (
    insert into directory.member_set (site_id, unit_id, version, first_day, members)
    select site_id, unit_id, version, first_day, members from upd
), kept as (
    insert into directory.idem (site_id, key, fingerprint, object_id, version, state)
    select site_id, key, fingerprint, unit_id::text, version, 0 from upd
), logged as (
    select audit.append(array_agg(site_id order by ord), array_agg(leaf order by ord)) from upd
)
select ord, 0 as outcome, unit_id, version, null::int4 as _detail from upd cross join logged
union all
select ord, pre, unit_id, seen_version, _detail from chk where pre <> 0

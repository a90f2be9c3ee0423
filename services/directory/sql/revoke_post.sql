-- Ends every grant of a post in a unit that is or will be in force, and its sessions. Refused (3) when there is none.
-- $1 site_id int4[]
-- $2 user_id int4[]
-- $3 key uuid[]
-- $4 fingerprint bytea[]
-- $5 expected int4[]
-- $6 unit_id int4[]
-- $7 post int2[]
-- $8 today date[]
-- $9 body bytea[]
-- combine: $2
with inp as materialized (
    select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) with ordinality
        i(site_id, user_id, key, fingerprint, expected, unit_id, post, today, body, ord)
), held as materialized (
    select i.ord, g.site_id, g.user_id, g.version, i.today
      from inp i
      join directory.post_grant g
        on g.site_id = i.site_id and g.user_id = i.user_id and g.unit_id = i.unit_id and g.post = i.post
       and g.revoked_version is null and coalesce(g.last_day, 'infinity') >= i.today
), chk as materialized (
    select i.*, p.leaf_hash as previous, coalesce(k.version, p.version) as seen_version,
           case when k.fingerprint = i.fingerprint then 4
                when k.key is not null then 5
                when p.user_id is null then 1
                when p.version <> i.expected then 2
                when not exists (select from held h where h.ord = i.ord) then 3
                else 0 end as pre
      from inp i
      left join directory.idem k on k.site_id = i.site_id and k.key = i.key
      left join directory.person p on p.site_id = i.site_id and p.user_id = i.user_id
), upd as (
    update directory.person p set version = p.version + 1, leaf_hash = sha256('\x00'::bytea || c.body || c.previous)
      from chk c
     where c.pre = 0 and p.site_id = c.site_id and p.user_id = c.user_id and p.version = c.expected
    returning c.ord, p.site_id, p.user_id, p.version, c.key, c.fingerprint, c.body || c.previous as leaf
), ended as (
    update directory.post_grant g
       set revoked_version = upd.version, last_day = greatest(g.first_day, least(g.last_day, h.today))
      from held h join upd using (ord)
     where g.site_id = h.site_id and g.user_id = h.user_id and g.version = h.version
), gone as (
    delete from directory.session s using held h join upd using (ord)
     where s.site_id = h.site_id and s.user_id = h.user_id and s.grant_version = h.version
), kept as (
    insert into directory.idem (site_id, key, fingerprint, object_id, version, state)
    select site_id, key, fingerprint, user_id::text, version, 0 from upd
), logged as (
    select audit.append(array_agg(site_id order by ord), array_agg(leaf order by ord)) from upd
)
select ord, 0 as outcome, user_id, version from upd cross join logged
union all
select ord, pre, user_id, seen_version from chk where pre <> 0

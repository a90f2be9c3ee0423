-- Closes an account or changes its password (null = keeps it), and ends its sessions. A slot (else null): its
-- failed attempts are cleared.
-- $1 site_id int4[]
-- $2 user_id int4[]
-- $3 key uuid[]
-- $4 fingerprint bytea[]
-- $5 expected int4[]
-- $6 disabled bool[]
-- $7 password text[]
-- $8 body bytea[]
-- $9 slot int4[]
-- combine: $2
with inp as materialized (
    select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) with ordinality
        i(site_id, user_id, key, fingerprint, expected, disabled, password, body, slot, ord)
), chk as materialized (
    select i.*, p.leaf_hash as previous, coalesce(k.version, p.version) as seen_version,
           case when k.fingerprint = i.fingerprint then 4
                when k.key is not null then 5
                when p.user_id is null then 1
                when p.version <> i.expected then 2
                else 0 end as pre
      from inp i
      left join directory.idem k on k.site_id = i.site_id and k.key = i.key
      left join directory.person p on p.site_id = i.site_id and p.user_id = i.user_id
), upd as (
    update directory.person p
       set version = p.version + 1, leaf_hash = sha256('\x00'::bytea || c.body || c.previous),
           disabled = p.disabled or c.disabled, password = coalesce(c.password, p.password)
      from chk c
     where c.pre = 0 and p.site_id = c.site_id and p.user_id = c.user_id and p.version = c.expected
    returning c.ord, p.site_id, p.user_id, p.version, c.key, c.fingerprint, c.slot, c.body || c.previous as leaf
), gone as (
    delete from directory.session s using upd where s.site_id = upd.site_id and s.user_id = upd.user_id
), cleared as (
    delete from directory.attempt a using upd where a.site_id = upd.site_id and a.slot = upd.slot
), kept as (
    insert into directory.idem (site_id, key, fingerprint, object_id, version, state)
    select site_id, key, fingerprint, user_id::text, version, 0 from upd
), logged as (
    select audit.append(array_agg(site_id order by ord), array_agg(leaf order by ord)) from upd
)
select ord, 0 as outcome, user_id, version from upd cross join logged
union all
select ord, pre, user_id, seen_version from chk where pre <> 0

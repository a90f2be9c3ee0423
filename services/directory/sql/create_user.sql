-- Creates a person. Refused (3) when the login is in use.
-- $1 site_id int4[]
-- $2 user_id int4[]
-- $3 key uuid[]
-- $4 fingerprint bytea[]
-- $5 login text[]
-- $6 name text[]
-- $7 password text[]
-- $8 body bytea[]
-- combine: $2
with inp as materialized (
    select *, decode(repeat('00', 32), 'hex') as previous
      from unnest($1, $2, $3, $4, $5, $6, $7, $8) with ordinality
           i(site_id, user_id, key, fingerprint, login, name, password, body, ord)
), chk as materialized (
    select i.*, k.object_id, k.version as done_version,
           case when k.fingerprint = i.fingerprint then 4
                when k.key is not null then 5
                when p.login is not null then 3
                else 0 end as pre
      from inp i
      left join directory.idem k on k.site_id = i.site_id and k.key = i.key
      left join directory.person p on p.site_id = i.site_id and p.login = i.login
), made as (
    insert into directory.person (site_id, user_id, login, name, password, version, leaf_hash)
    select site_id, user_id, login, name, password, 1, sha256('\x00'::bytea || body || previous) from chk where pre = 0
), kept as (
    insert into directory.idem (site_id, key, fingerprint, object_id, version, state)
    select site_id, key, fingerprint, user_id::text, 1, 0 from chk where pre = 0
), logged as (
    select audit.append(array_agg(site_id order by ord), array_agg(body || previous order by ord)) from chk where pre = 0
)
select ord, 0 as outcome, user_id, 1 as version from chk cross join logged where pre = 0
union all
select ord, pre, object_id::int4, done_version from chk where pre <> 0

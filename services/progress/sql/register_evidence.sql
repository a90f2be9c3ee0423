-- Enters uploaded files by their digest and unit; what the unit uploaded before changes nothing.
-- combine: $2
-- $1 site int4[]
-- $2 digest bytea[]
-- $3 key uuid[]
-- $4 fingerprint bytea[]
-- $5 body bytea[]            audit entry without its previous hash
-- $6 size int8[]
-- $7 name text[]
-- $8 media_type text[]
-- $9 unit int4[]
-- $10 person int4[]
-- $11 login text[]
-- $12 uploaded timestamptz[]
with inp as materialized (
    select i.*
      from unnest($1::int4[], $2::bytea[], $3::uuid[], $4::bytea[], $5::bytea[], $6::int8[], $7::text[], $8::text[],
                  $9::int4[], $10::int4[], $11::text[], $12::timestamptz[]) with ordinality
           as i (site, digest, key, fingerprint, body, size, name, media_type, unit, person, login, uploaded, ord)
), chk as materialized (
    select i.*, i.body || decode(repeat('00', 32), 'hex') as leaf,
           case when k.key is not null and k.fingerprint <> i.fingerprint then 5
                when k.key is not null or v.digest is not null then 4
                else 0 end as pre
      from inp i
      left join progress.idem k on k.site_id = i.site and k.key = i.key
      left join progress.evidence v on v.site_id = i.site and v.digest = i.digest and v.unit_id = i.unit
), upd as (
    insert into progress.evidence as v (site_id, digest, unit_id, size, name, media_type, user_id, login, uploaded,
                                        leaf_hash)
    select site, digest, unit, size, name, media_type, person, login, uploaded, sha256('\x00'::bytea || leaf)
      from chk where pre = 0 order by site, digest
    on conflict do nothing
    returning v.site_id, v.digest
), done as materialized (
    select c.* from chk c join upd u on u.site_id = c.site and u.digest = c.digest
), kept as (
    insert into progress.idem (site_id, key, fingerprint, object_id, version, state)
    select site, key, fingerprint, encode(digest, 'hex'), 1, 1 from done
), logged as materialized (
    select audit.append(array_agg(site order by ord), array_agg(leaf order by ord)) from done
)
select ord, 0 as outcome from done cross join logged
union all
select ord, pre from chk where pre <> 0

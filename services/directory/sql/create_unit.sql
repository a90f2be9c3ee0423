-- Creates a unit; its name and aliases become its spellings, the first of those that are the same. Refused (3) when `detail` is a spelling in use.
-- $1 site_id int4[]
-- $2 unit_id int4[]
-- $3 key uuid[]
-- $4 fingerprint bytea[]
-- $5 name text[]
-- $6 aliases text[]
-- $7 kind int2[]
-- $8 office_unit_id int4[]
-- $9 body bytea[]
-- combine: $2
with inp as materialized (
    select *, decode(repeat('00', 32), 'hex') as previous
      from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) with ordinality
           i(site_id, unit_id, key, fingerprint, name, aliases, kind, office_unit_id, body, ord)
), word as materialized (
    select distinct on (i.ord, directory.fold(w.written))
           i.ord, i.site_id, i.unit_id, directory.fold(w.written) as folded, w.written
      from inp i cross join unnest(i.name || i.aliases::text[]) with ordinality w(written, n)
     order by i.ord, directory.fold(w.written), w.n
), chk as materialized (
    select i.*, k.object_id, k.version as done_version, taken.written as _detail,
           case when k.fingerprint = i.fingerprint then 4
                when k.key is not null then 5
                when i.office_unit_id > 0 and o.unit_id is null then 1
                when taken.written is not null then 3
                else 0 end as pre
      from inp i
      left join directory.idem k on k.site_id = i.site_id and k.key = i.key
      left join directory.unit o on o.site_id = i.site_id and o.unit_id = i.office_unit_id
      left join lateral (
          select w.written from word w join directory.spelling s on s.site_id = w.site_id and s.folded = w.folded
           where w.ord = i.ord limit 1) taken on true
), made as (
    insert into directory.unit (site_id, unit_id, name, kind, office_unit_id, version, leaf_hash)
    select site_id, unit_id, name, kind, office_unit_id, 1, sha256('\x00'::bytea || body || previous)
      from chk where pre = 0
), spelt as (
    insert into directory.spelling (site_id, folded, unit_id, written)
    select w.site_id, w.folded, w.unit_id, w.written from word w join chk c using (ord) where c.pre = 0
), kept as (
    insert into directory.idem (site_id, key, fingerprint, object_id, version, state)
    select site_id, key, fingerprint, unit_id::text, 1, 0 from chk where pre = 0
), logged as (
    select audit.append(array_agg(site_id order by ord), array_agg(body || previous order by ord)) from chk where pre = 0
)
select ord, 0 as outcome, unit_id, 1 as version, null as _detail from chk cross join logged where pre = 0
union all
select ord, pre, object_id::int4, done_version, _detail from chk where pre <> 0

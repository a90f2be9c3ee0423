-- Takes a spelling from a unit. Refused (3) when it is no alias of the unit; the unit's own name is none.
-- $1 site_id int4[]
-- $2 unit_id int4[]
-- $3 key uuid[]
-- $4 fingerprint bytea[]
-- $5 expected int4[]
-- $6 alias text[]
-- $7 body bytea[]
-- combine: $2
with inp as materialized (
    select *, directory.fold(alias) as folded
      from unnest($1, $2, $3, $4, $5, $6, $7) with ordinality
           i(site_id, unit_id, key, fingerprint, expected, alias, body, ord)
), chk as materialized (
    select i.*, u.leaf_hash as previous, coalesce(k.version, u.version) as seen_version,
           case when k.fingerprint = i.fingerprint then 4
                when k.key is not null then 5
                when u.unit_id is null then 1
                when u.version <> i.expected then 2
                when s.folded is null then 3
                else 0 end as pre
      from inp i
      left join directory.idem k on k.site_id = i.site_id and k.key = i.key
      left join directory.unit u on u.site_id = i.site_id and u.unit_id = i.unit_id
      left join directory.spelling s on s.site_id = i.site_id and s.folded = i.folded and s.unit_id = i.unit_id
                                    and s.folded <> directory.fold(u.name)
), upd as (
    update directory.unit u set version = u.version + 1, leaf_hash = sha256('\x00'::bytea || c.body || c.previous)
      from chk c
     where c.pre = 0 and u.site_id = c.site_id and u.unit_id = c.unit_id and u.version = c.expected
    returning c.ord, u.site_id, u.unit_id, u.version, c.key, c.fingerprint, c.folded, c.body || c.previous as leaf
), dropped as (
    select directory.drop_aliases(array_agg(site_id), array_agg(folded)) from upd
), kept as (
    insert into directory.idem (site_id, key, fingerprint, object_id, version, state)
    select site_id, key, fingerprint, unit_id::text, version, 0 from upd
), logged as (
    select audit.append(array_agg(site_id order by ord), array_agg(leaf order by ord)) from upd
)
select ord, 0 as outcome, unit_id, version from upd cross join dropped cross join logged
union all
select ord, pre, unit_id, seen_version from chk where pre <> 0

-- Stores the targets' part of imports; hidden until the tasks' part is in. The same import with the same content, sent
-- again, changes nothing; with other content it is refused.
-- combine: $2
-- $1 site int4[]
-- $2 import uuid[]
-- $3 key uuid[]
-- $4 fingerprint bytea[]
-- $5 digest bytea[]          of the content
-- $6 targets jsonb[]         lists of bihuan.v1.Target
-- $7 ids text[]              literals of uuid[], one per target
-- $8 bodies text[]           literals of text[]: audit entries in hex, without the previous hash
with inp as materialized (
    select i.*
      from unnest($1::int4[], $2::uuid[], $3::uuid[], $4::bytea[], $5::bytea[], $6::jsonb[], $7::text[], $8::text[])
           with ordinality as i (site, import, key, fingerprint, digest, targets, ids, bodies, ord)
), chk as materialized (
    select i.*, m.target_count,
           case when k.key is not null and k.fingerprint <> i.fingerprint then 5
                when k.key is not null or m.digest = i.digest then 4
                when m.digest <> i.digest then 3
                else 0 end as pre
      from inp i
      left join target.idem k on k.site_id = i.site and k.key = i.key
      left join target.import m on m.site_id = i.site and m.import_id = i.import
), upd as (
    insert into target.import as m (site_id, import_id, digest, target_count)
    select site, import, digest, jsonb_array_length(targets) from chk where pre = 0 order by site, import
    on conflict do nothing
    returning m.site_id, m.import_id, m.target_count
), done as materialized (
    select c.ord, c.site, c.import, c.key, c.fingerprint, c.targets, c.ids, c.bodies, u.target_count
      from chk c join upd u on u.site_id = c.site and u.import_id = c.import
), part as materialized (
    select d.ord, d.site, d.import, t.*, decode(t.body || repeat('00', 32), 'hex') as leaf
      from done d,
           rows from (jsonb_to_recordset(d.targets)
                          as (task_id text, metric text, comparator int2, number text, unit text, phrase text,
                              first_line int4, last_line int4, shares jsonb, row_no text, category text, sub_item text),
                      unnest(d.ids::uuid[]), unnest(d.bodies::text[]))
           with ordinality as t (task_id, metric, comparator, number, unit, phrase, first_line, last_line, shares, row_no,
                                 category, sub_item, id, body, place)
), stored as (
    insert into target.target (site_id, target_id, import_id, place, task_id, metric, comparator, number, unit, phrase,
                               first_line, last_line, shares, row_no, category, sub_item, version, leaf_hash)
    select site, id, import, place, nullif(task_id, '')::uuid, metric, comparator, nullif(number, '')::numeric, unit, phrase,
           first_line, last_line, shares, row_no, category, sub_item, 1, sha256('\x00'::bytea || leaf)
      from part
), kept as (
    insert into target.idem (site_id, key, fingerprint, object_id, version, state)
    select site, key, fingerprint, import::text, 1, 1 from done
), logged as materialized (
    select audit.append(array_agg(site order by ord, place), array_agg(leaf order by ord, place)) from part
)
select ord, 0 as outcome, target_count from done cross join logged
union all
select ord, pre, target_count from chk where pre <> 0

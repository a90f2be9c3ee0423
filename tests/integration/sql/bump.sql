-- A guarded change of one item with its key and its journal entry: the shape of every command.
-- outcome: 0 done, 1 not found, 2 stale, 4 the same command again, 5 the key was used for another command
-- $1 site int4[]
-- $2 key uuid[]
-- $3 hash bytea[]
-- $4 item uuid[]
-- $5 expected int8[]
-- $6 note text[]
-- combine: $4
with input as materialized (
    select * from unnest($1, $2, $3, $4, $5, $6) with ordinality
        as t (site_id, key, hash, item_id, expected, note, ord)
), checked as materialized (
    select i.*, coalesce(k.version, t.version) as known,
           case when k.hash = i.hash then 4
                when k.hash is not null then 5
                when t.item_id is null then 1
                when t.version <> i.expected then 2
                else 0 end as outcome
      from input i
      left join command k on k.site_id = i.site_id and k.key = i.key
      left join item t on t.site_id = i.site_id and t.item_id = i.item_id
), changed as (
    update item t set version = t.version + 1, note = c.note
      from checked c
     where c.outcome = 0 and t.site_id = c.site_id and t.item_id = c.item_id and t.version = c.expected
    returning c.ord, c.key, c.hash, t.site_id, t.item_id, t.version, t.note
), kept as (
    insert into command (site_id, key, hash, item_id, version)
    select site_id, key, hash, item_id, version from changed
), written as (
    insert into journal (site_id, item_id, version, note)
    select site_id, item_id, version, note from changed
)
select ord, 0 as outcome, version from changed
union all
select ord, outcome, known from checked where outcome <> 0

-- Moves entries from the queue into the log and the tree from one state to the next. No row when the tree is no longer in
-- the state that was read: then another sequencer was first and nothing happens. An entry that has left the queue
-- meanwhile is a null leaf, which the log refuses: then nothing happens either.
-- $1 site_id int4
-- $2 old_size int8
-- $3 old_root bytea
-- $4 root bytea
-- $5 edge bytea
-- $6 time_ms int8
-- $7 ids text[]
-- $8 hashes bytea
-- $9 object_types text[]
-- $10 object_ids text[]
-- $11 versions int4[]
-- $12 heights int4[]
-- $13 places text[]
-- $14 subtrees bytea
with fence as materialized (
    update audit.tree set size = size + cardinality($7), root = $4, edge = $5, time_ms = $6
     where site_id = $1 and size = $2 and root = $3
    returning site_id
), taken as materialized (
    delete from audit.pending p using fence f where p.site_id = f.site_id and p.id = any($7::int8[])
    returning p.id, p.leaf
), logged as (
    insert into audit.entry (site_id, idx, leaf, leaf_hash, object_type, object_id, version)
    select f.site_id, $2 + n.ord - 1, t.leaf, substring($8 from (32 * (n.ord - 1))::int4 + 1 for 32), n.type, n.object, n.version
      from fence f
      cross join unnest($7::int8[], $9, $10, $11) with ordinality n(id, type, object, version, ord)
      left join taken t on t.id = n.id
), kept as (
    insert into audit.subtree (site_id, height, idx, hash)
    select f.site_id, n.height, n.place, substring($14 from (32 * (n.ord - 1))::int4 + 1 for 32)
      from fence f cross join unnest($12, $13::int8[]) with ordinality n(height, place, ord)
)
select site_id from fence

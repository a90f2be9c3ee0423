-- Entries from an index on; without their bytes where the reader may not see them.
-- $1 site_id int4
-- $2 reads_all bool
-- $3 unit int4            of the reader
-- $4 post int2
-- $5 leader int4          the leader the reader signs for; 0 = none
-- $6 first int8
-- $7 page_size int4
-- read
select e.idx as entry_index, case when $2 or audit.readable(e, $3, $4, $5) then e.leaf end as leaf, e.leaf_hash
  from audit.entry e
 where e.site_id = $1 and e.idx >= $6
 order by e.idx limit $7

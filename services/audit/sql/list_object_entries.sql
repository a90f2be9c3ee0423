-- Entries of one object from a version on, if the reader may see them.
-- $1 site_id int4
-- $2 reads_all bool
-- $3 unit int4            of the reader
-- $4 post int2
-- $5 leader int4          the leader the reader signs for; 0 = none
-- $6 object_type text
-- $7 object_id text
-- $8 first_version int4
-- $9 page_size int4
-- read
select e.idx as entry_index, e.leaf, e.leaf_hash
  from audit.entry e
 where e.site_id = $1 and e.object_type = $6 and e.object_id = $7 and e.version >= $8
   and ($2 or audit.readable(e, $3, $4, $5))
 order by e.version, e.idx limit $9

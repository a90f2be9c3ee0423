-- What changed by the entries of a part of the log, if the reader may see it.
-- $1 site_id int4
-- $2 reads_all bool
-- $3 unit int4            of the reader
-- $4 post int2
-- $5 leader int4          the leader the reader signs for; 0 = none
-- $6 first int8
-- $7 behind int8          the last one
-- read
select e.idx as entry_index, e.object_type, e.object_id, e.version, e.leaf as _leaf
  from audit.entry e
 where e.site_id = $1 and e.idx >= $6 and e.idx < $7 and ($2 or audit.readable(e, $3, $4, $5))
 order by e.idx

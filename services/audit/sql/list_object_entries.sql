-- Entries of one object from a version on.
-- $1 site_id int4
-- $2 object_type text
-- $3 object_id text
-- $4 first_version int4
-- $5 page_size int4
-- read
select idx as entry_index, leaf, leaf_hash
  from audit.entry
 where site_id = $1 and object_type = $2 and object_id = $3 and version >= $4
 order by version, idx limit $5

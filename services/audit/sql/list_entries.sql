-- Entries from an index on.
-- $1 site_id int4
-- $2 first int8
-- $3 page_size int4
-- read
select idx as entry_index, leaf, leaf_hash from audit.entry where site_id = $1 and idx >= $2 order by idx limit $3

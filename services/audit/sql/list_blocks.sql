-- Hashes of complete blocks of 256 entries, from a block on.
-- $1 site_id int4
-- $2 first int8
-- $3 page_size int4
-- read
select hash from audit.subtree where site_id = $1 and height = 8 and idx >= $2 order by idx limit $3

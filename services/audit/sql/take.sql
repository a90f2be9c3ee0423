-- The oldest entries of the queue that can be seen.
-- $1 site_id int4
-- $2 most int4
-- read
select id, leaf from audit.pending where site_id = $1 order by id limit $2

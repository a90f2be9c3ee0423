-- The log and the state of its tree.
-- $1 site_id int4
-- read
select origin, size, root, edge, time_ms from audit.tree where site_id = $1

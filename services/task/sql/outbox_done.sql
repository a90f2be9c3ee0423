-- Forgets events that were received.
-- $1 site int4
-- $2 ids int8[]
delete from task.outbox where site_id = $1 and id = any($2::int8[])

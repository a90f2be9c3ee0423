-- Forgets sessions and failed attempts that no longer count.
-- $1 site_id int4
-- $2 now timestamptz
-- $3 idle_ms int8
-- $4 wait_ms int8
with old_attempts as (
    delete from directory.attempt where site_id = $1 and last < $2 - $4 * interval '1 ms'
)
delete from directory.session where site_id = $1 and (expires <= $2 or seen <= $2 - $3 * interval '1 ms')

-- Lets an event that failed wait; `refusal` is 1 when the receiver will not have it, 0 when it could not be reached.
-- $1 site int4
-- $2 id int8
-- $3 wait_ms int4
-- $4 refusal int4
update task.outbox
   set tries = tries + 1, refusals = refusals + $4, not_before = clock_timestamp() + $3 * interval '1 ms'
 where site_id = $1 and id = $2

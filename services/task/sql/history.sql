-- A page of one task's history.
-- read
-- $1 site int4
-- $2 task uuid
-- $3 unit int4
-- $4 post int2
-- $5 leader int4
-- $6 after_version int4
-- $7 page_size int4
select e.version, e.move, e.user_id, e.login, e.unit_id,
       coalesce((select name from directory.unit_facts(e.site_id, e.unit_id)), '') as unit_name, e.note,
       e.state::int4 as state, e.time_ms
  from task.task t join task.event e on e.site_id = t.site_id and e.task_id = t.task_id and e.time_ms >= t.created_ms
 where t.site_id = $1 and t.task_id = $2 and e.version > $6 and task.readable(t, $3, $4, $5)
 order by e.version
 limit $7

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
       e.state::int4 as state, e.time_ms, e.about_unit as about_unit_id,
       coalesce((select name from directory.unit_facts(e.site_id, e.about_unit)), '') as about_unit_name,
       (select coalesce(jsonb_agg(jsonb_build_object('field', c ->> 'field',
                                                     'before', task.shown(e.site_id, c ->> 'field', c -> 'before'),
                                                     'after', task.shown(e.site_id, c ->> 'field', c -> 'after'))
                                  order by n), '[]')::text
          from jsonb_array_elements(e.changes) with ordinality x(c, n)) as _changes
  from task.task t join task.event e on e.site_id = t.site_id and e.task_id = t.task_id and e.time_ms >= t.created_ms
 where t.site_id = $1 and t.task_id = $2 and e.version > $6 and task.readable(t, $3, $4, $5)
 order by e.version
 limit $7

-- A page of the tasks the caller may read, in the order of their documents.
-- read
-- $1 site int4
-- $2 unit int4
-- $3 post int2
-- $4 leader int4
-- $5 after_ms int8
-- $6 after_position int4
-- $7 after_task uuid
-- $8 state int2
-- $9 of_unit int4
-- $10 import uuid
-- $11 parent uuid
-- $12 no text
-- $13 overdue_on date
-- $14 page_size int4
select t.created_ms as _created_ms, t.position as _position, t.task_id::text as task_id, t.version, t.state::int4 as state, t.no, t.text, t.result,
       coalesce(t.deadline::text, '') as deadline, t.is_key, t.office_unit as office_unit_id,
       coalesce(t.lead_unit, 0) as lead_unit_id,
       coalesce((select name from directory.unit_facts(t.site_id, t.lead_unit)), '') as lead_unit_name, t.leader_ids,
       coalesce(t.parent_id::text, '') as parent_task_id, coalesce(t.parent_unit, 0) as parent_unit_id,
       coalesce(t.import_id::text, '') as import_id, t.first_line, t.last_line,
       coalesce(t.review_day::text, '') as review_day
  from task.task t
 where t.site_id = $1
   and (t.created_ms, t.position, t.task_id) > ($5, $6, coalesce($7::uuid, '00000000-0000-0000-0000-000000000000'))
   and ($8 = 0 or t.state = $8)
   and ($9 = 0 or exists (select from task.leg l where l.site_id = t.site_id and l.task_id = t.task_id
                             and l.unit_id = $9 and l.state <> 8))
   and ($10::uuid is null or t.import_id = $10)
   and ($11::uuid is null or t.parent_id = $11)
   and ($12 = '' or t.no = $12 or t.also_at @> jsonb_build_array(jsonb_build_object('no', $12::text)))
   and ($13::date is null or t.deadline < $13 and t.state in (3, 4))
   and task.readable(t, $2, $3, $4)
 order by t.created_ms, t.position, t.task_id
 limit $14

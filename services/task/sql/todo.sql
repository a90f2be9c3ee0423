-- A page of open tasks in which the caller's post may have something to do, with the facts that tell what.
-- read
-- $1 site int4
-- $2 actor int4
-- $3 unit int4
-- $4 post int2
-- $5 leader int4
-- $6 after_ms int8
-- $7 after_position int4
-- $8 after_task uuid
-- $9 states int4
-- $10 today date
-- $11 now_ms int8
-- $12 page_size int4
select t.created_ms as _created_ms, t.position as _position, t.task_id::text as task_id, t.version, t.state::int4 as state, t.no, t.text, t.result,
       coalesce(t.deadline::text, '') as deadline, t.is_key, t.office_unit as office_unit_id,
       coalesce(t.lead_unit, 0) as lead_unit_id,
       coalesce((select name from directory.unit_facts(t.site_id, t.lead_unit)), '') as lead_unit_name, t.leader_ids,
       coalesce(t.review_day::text, '') as review_day,
       f.facts as _facts, f.own_leg as _own_leg, f.other_leg as _other_leg,
       coalesce(k.kinds, 0) as _open_kinds
  from task.task t
  left join lateral (select max(unit_id) as unit_id from task.leg l
                      where l.site_id = t.site_id and l.task_id = t.task_id and l.state = 5 and not l.overruled) d on true,
       lateral (select bit_or(1 << kind) as kinds from task.application a
                 where a.site_id = t.site_id and a.task_id = t.task_id and a.state = 1) k,
       task.facts(t, $2, $3, $4, $5, d.unit_id, 0, 6::int2, null, 0, '{}', $10, $11, -1) f
 where t.site_id = $1
   and (t.created_ms, t.position, t.task_id) > ($6, $7, coalesce($8::uuid, '00000000-0000-0000-0000-000000000000'))
   and $9 & (1 << t.state) <> 0
   and task.readable(t, $3, $4, $5)
 order by t.created_ms, t.position, t.task_id
 limit $12

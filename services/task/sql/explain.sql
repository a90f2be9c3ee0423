-- The facts about one task for each of several moves and the person who asks.
-- read
-- $1 site int4
-- $2 task uuid
-- $3 actor int4
-- $4 unit int4
-- $5 post int2
-- $6 leader int4
-- $7 other_unit int4
-- $8 today date
-- $9 now_ms int8
-- $10 moves int4[]
-- $11 abouts int4[]
select m.move, t.version, t.state, task.readable(t, $4, $5, $6) as readable, f.facts as _facts, f.own_leg as _own_leg, f.other_leg as _other_leg,
       coalesce(t.deadline::text, '') as _deadline,
       case when m.about = 2 then (select max(a.day)::text from task.application a where a.site_id = t.site_id and a.task_id = t.task_id
                                      and a.kind = 2 and a.state = 1) end as _day,
       -- One list for all rows: the first one tells it.
       case when m.move = 1 then (
           select coalesce(jsonb_agg(jsonb_build_object('unit_id', l.unit_id, 'unit_name', u.name, 'role', l.role,
                                                        'state', l.state) order by l.role, l.unit_id), '[]')::text
             from task.leg l, directory.unit_facts(l.site_id, l.unit_id) u
            where l.site_id = t.site_id and l.task_id = t.task_id) end as _legs
  from task.task t,
       unnest($10::int4[], $11::int4[]) as m(move, about),
       task.facts(t, $3, $4, $5, $6, $7, 0, m.about::int2, null, 0, '{}', null, $8, $9, -1) f
 where t.site_id = $1 and t.task_id = $2
 order by m.move

-- A page of what waits for the caller: a row for each task, application, dissent and milestone, with the facts that tell
-- whether it may be settled now. It begins at what is open (indexes task_open, leg_open, leg_dissent, application_open,
-- milestone_approved), never at all tasks; facts are looked up for the rows of the page only. `offset 0` keeps the search
-- for one task by its whole key.
-- read
-- $1 site int4
-- $2 actor int4
-- $3 unit int4
-- $4 post int4
-- $5 leader int4
-- $6 states int4[]         in which a task waits for the post itself
-- $7 after_due date        null = first page
-- $8 after_ms int8
-- $9 after_position int4
-- $10 after_task uuid
-- $11 after_item text
-- $12 soon date            milestones due by then are to be reported
-- $13 today date
-- $14 now_ms int8
-- $15 wanted int8          facts to look up
-- $16 page_size int4
with found (task_id, kind, item, due_of, day, states, is_written, unit_id, words, about, number, application,
            asked_kind) as materialized (
    -- due_of: 0 nothing, 1 its own day, 2 the task's deadline, 3 the day to answer by, 4 the day of review. states: of the
    -- task, a bit set. is_written: whether a closing text must wait for signature; null = never mind.
    -- A handler's legs: to acknowledge, to hand in; the lead's while no closing text is written.
    select l.task_id, 1, '', case l.state when 1 then 1 else 2 end, l.acknowledge_by,
           case l.state when 1 then (1 << 3) | (1 << 4) else 1 << 4 end,
           case when l.state = 2 and l.role = 1 then false end, 0, '', 0, 0, null::uuid, 0
      from task.leg l
     where $4 = 1 and l.site_id = $1 and l.unit_id = $3 and l.state < 7 and l.state in (1, 2)
    union all
    -- A head's answer to a closing text; the lead's signature.
    select l.task_id, 1, '', case l.role when 1 then 2 else 3 end, null, 1 << 4, true, 0, '', 0, 0, null, 0
      from task.leg l
     where $4 = 2 and l.site_id = $1 and l.unit_id = $3 and l.state < 7 and l.state = case l.role when 1 then 2 else 3 end
    union all
    -- Milestones of the lead: open ones for the handler, reported ones for the head.
    select l.task_id, 5, m.milestone_no::text, 1, m.due, 1 << 4, null, 0, m.title, 10 + m.state, m.milestone_no, null, 0
      from task.leg l
     cross join lateral (select * from task.milestone m
                          where m.site_id = l.site_id and m.task_id = l.task_id offset 0) m
     where $4 in (1, 2) and l.site_id = $1 and l.unit_id = $3 and l.state < 7 and l.role = 1
       and m.state = $4 and ($4 = 2 or m.due <= $12)
    union all
    -- Milestones to confirm.
    select m.task_id, 5, m.milestone_no::text, 0, null, 1 << 4, null, 0, m.title, 13, m.milestone_no, null, 0
      from task.milestone m
     where $4 = 4 and m.site_id = $1 and m.state = 3
    union all
    -- An office's tasks; a suspended one when the day to review it has come.
    select t.task_id, 1, '', case t.state when 5 then 4 else 0 end, null, 1 << t.state, null, 0, '', 0, 0, null, 0
      from task.task t
     where $4 in (3, 4, 5) and t.site_id = $1 and t.state = any($6::int4[]) and t.state < 8 and t.office_unit = $3
       and (t.state <> 5 or t.review_day <= $13)
    union all
    -- A leader's tasks.
    select t.task_id, 1, '', 0, null, 1 << t.state, null, 0, '', 0, 0, null, 0
      from task.task t
     where $4 = 6 and t.site_id = $1 and t.state = any($6::int4[]) and t.state < 8 and $5 = any(t.leader_ids)
    union all
    select a.task_id, 3, a.application_id::text, 0, null, ~0, null, a.unit_id, a.reason, 6, 0, a.application_id, a.kind
      from task.application a
     where $4 in (5, 6) and a.site_id = $1 and a.state = 1
    union all
    select l.task_id, 4, l.unit_id::text, 0, null, 1 << 4, null, l.unit_id, l.opinion, 0, 0, null, 0
      from task.leg l
     where $4 = 5 and l.site_id = $1 and l.state = 5 and not l.overruled
), page as materialized (
    select f.*, x.t, d.due, coalesce(d.due, '2199-12-31') as place
      from found f
     cross join lateral (select t from task.task t where t.site_id = $1 and t.task_id = f.task_id offset 0) x
     cross join lateral (select case f.due_of when 1 then f.day when 2 then (x.t).deadline when 3 then (x.t).answer_by
                                              when 4 then (x.t).review_day end as due) d
     where (f.states >> (x.t).state) & 1 = 1
       and ($4 in (1, 2) or (x.t).office_unit = $3 or $5 = any((x.t).leader_ids))
       and (f.is_written is null
            or f.is_written = coalesce((select k.state = 1 from task.closure k where k.site_id = $1
                                           and k.task_id = f.task_id and k.closure_no = (x.t).closure_no), false))
       and ($7::date is null
            or (coalesce(d.due, '2199-12-31'), (x.t).created_ms, (x.t).position, f.task_id, f.item collate "C")
               > ($7, $8, $9, $10::uuid, $11))
     order by coalesce(d.due, '2199-12-31'), (x.t).created_ms, (x.t).position, f.task_id, f.item collate "C"
     limit $16
)
select p.task_id::text as task_id, (p.t).version, (p.t).state::int4 as state, (p.t).no, (p.t).text, (p.t).result,
       coalesce((p.t).deadline::text, '') as deadline, (p.t).is_key, (p.t).office_unit as office_unit_id,
       coalesce((p.t).lead_unit, 0) as lead_unit_id,
       coalesce((select name from directory.unit_facts($1, (p.t).lead_unit)), '') as lead_unit_name, (p.t).leader_ids,
       coalesce((p.t).parent_id::text, '') as parent_task_id, coalesce((p.t).parent_unit, 0) as parent_unit_id,
       coalesce((p.t).import_id::text, '') as import_id, (p.t).first_line, (p.t).last_line,
       coalesce((p.t).review_day::text, '') as review_day,
       (p.t).created_ms as _created_ms, (p.t).position as _position, p.place::text as _place, p.kind as _kind,
       p.item as _item, coalesce(p.due::text, '') as _due, p.words as _words, p.asked_kind as _asked_kind,
       coalesce((select name from directory.unit_facts($1, p.unit_id)), '') as _unit_name,
       coalesce((select case a.kind when 1 then (select name from directory.unit_facts($1, a.other_unit))
                                    when 4 then a.result else a.day::text end
                   from task.application a where a.site_id = $1 and a.application_id = p.application), '') as _asked,
       coalesce(told.move, '') as _told_move, coalesce(told.note, '') as _told,
       f.facts as _facts, f.own_leg as _own_leg, f.other_leg as _other_leg
  from page p
  -- What was last said to whoever works now: why it came back, or that it is urged.
  left join lateral (
        select e.move, e.note from task.event e
         where e.site_id = $1 and e.task_id = p.task_id and e.time_ms >= (p.t).created_ms and e.state = (p.t).state
           and (e.move in ('SEND_BACK', 'RETURN', 'REFUSE_TO_OFFICE', 'REFUSE_TO_UNITS', 'UPHOLD', 'REOPEN')
                or e.move = 'URGE' and e.about_unit = $3)
         order by e.version desc limit 1) told on p.kind = 1,
       task.facts(p.t, $2, $3, $4::int2, $5, p.unit_id, 0, p.about::int2, p.application, p.number, '{}', null, $13, $14,
                  $15) f
 order by p.place, (p.t).created_ms, (p.t).position, p.task_id, p.item collate "C"

-- A page of the tasks the caller may read, in the order of their documents. Each reason to read a task (task.readable) is
-- a branch that walks an index of its own in that order and ends with the page; to walk all tasks in search of those of a
-- unit took 20 s with a million. `offset 0` keeps the search for the task of a leg by its whole key.
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
with listed as not materialized (
    select t.created_ms, t.position, t.task_id, t.office_unit, t.leader_ids, t.issuer, t.parent_id, t.parent_unit
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
), page as (
    -- An auditor's: all.
    (select created_ms, position, task_id from listed where $3 = 7 order by 1, 2, 3 limit $14)
    union
    -- The office's (index task_office).
    (select created_ms, position, task_id from listed
      where $3 not in (7, 8) and office_unit = $2 order by 1, 2, 3 limit $14)
    union
    -- A leader's.
    (select created_ms, position, task_id from listed
      where $3 not in (7, 8) and $4 <> 0 and $4 = any(leader_ids) order by 1, 2, 3 limit $14)
    union
    -- Issued ones in which the unit has a part (index leg_unit).
    (select t.created_ms, t.position, t.task_id
       from task.leg l
      cross join lateral (select * from listed where listed.task_id = l.task_id and issuer <> 0 offset 0) t
      where $3 not in (7, 8) and l.site_id = $1 and l.unit_id = $2 order by 1, 2, 3 limit $14)
    union
    -- Parts of a task of the unit's (index task_part), and of the office's.
    (select created_ms, position, task_id from listed
      where $3 not in (7, 8) and parent_id is not null and parent_unit = $2 order by 1, 2, 3 limit $14)
    union
    (select created_ms, position, task_id from listed
      where $3 not in (7, 8) and parent_id is not null
        and exists (select from task.task p where p.site_id = $1 and p.task_id = listed.parent_id and p.office_unit = $2)
      order by 1, 2, 3 limit $14)
)
select t.created_ms as _created_ms, t.position as _position, t.task_id::text as task_id, t.version, t.state::int4 as state, t.no, t.text, t.result,
       coalesce(t.deadline::text, '') as deadline, t.is_key, t.office_unit as office_unit_id,
       coalesce(t.lead_unit, 0) as lead_unit_id,
       coalesce((select name from directory.unit_facts(t.site_id, t.lead_unit)), '') as lead_unit_name, t.leader_ids,
       coalesce(t.parent_id::text, '') as parent_task_id, coalesce(t.parent_unit, 0) as parent_unit_id,
       coalesce(t.import_id::text, '') as import_id, t.first_line, t.last_line,
       coalesce(t.review_day::text, '') as review_day
  from page join task.task t on t.site_id = $1 and t.task_id = page.task_id
 order by t.created_ms, t.position, t.task_id
 limit $14

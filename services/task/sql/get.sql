-- A task with all its parts, as JSON with the column names of bihuan.v1.Task.
-- read
-- $1 site int4
-- $2 task uuid
-- $3 unit int4
-- $4 post int2
-- $5 leader int4
select task.readable(t, $3, $4, $5) as readable,
       t.deadline - date '1970-01-01' as deadline_day, t.suspended_on - date '1970-01-01' as suspended_day,
       t.review_day - date '1970-01-01' as review, t.state, t.lead_unit,
       json_build_object(
           'task_id', t.task_id, 'version', t.version, 'state', t.state, 'no', t.no, 'text', t.text, 'result', t.result,
           'deadline', coalesce(t.deadline::text, ''), 'is_key', t.is_key, 'office_unit_id', t.office_unit,
           'lead_unit_id', coalesce(t.lead_unit, 0),
           'lead_unit_name', coalesce((select name from directory.unit_facts(t.site_id, t.lead_unit)), ''),
           'leader_ids', t.leader_ids,
           'parent_task_id', coalesce(t.parent_id::text, ''), 'parent_unit_id', coalesce(t.parent_unit, 0),
           'import_id', coalesce(t.import_id::text, ''), 'first_line', t.first_line, 'last_line', t.last_line,
           'also_at', t.also_at,
           'review_day', coalesce(t.review_day::text, ''),
           'legs', coalesce((
               select json_agg(json_build_object(
                          'unit_id', unit_id, 'unit_name', f.name, 'role', role, 'state', state,
                          'acknowledge_by', coalesce(acknowledge_by::text, ''),
                          'replaces_unit_id', coalesce(replaces_unit, 0), 'opinion', opinion, 'ruling', ruling,
                          'overruled', overruled) order by role, unit_id)
                 from task.leg l, directory.unit_facts(l.site_id, l.unit_id) f
                where l.site_id = t.site_id and l.task_id = t.task_id), '[]'),
           'clauses', coalesce((
               select json_agg(json_build_object(
                          'clause_no', clause_no, 'text', text, 'covered', covered,
                          'waived_by', coalesce((select login from directory.person_facts(c.site_id, waived_by)), ''), 'waiver', waiver)
                      order by clause_no)
                 from task.clause c where c.site_id = t.site_id and c.task_id = t.task_id), '[]'),
           'milestones', coalesce((
               select json_agg(json_build_object(
                          'milestone_no', milestone_no, 'title', title, 'due', due::text,
                          'state', (array['OPEN', 'REPORTED', 'APPROVED', 'CONFIRMED', 'WAIVED'])[state])
                      order by milestone_no)
                 from task.milestone m where m.site_id = t.site_id and m.task_id = t.task_id), '[]'),
           'applications', coalesce((
               select json_agg(json_build_object(
                          'application_id', application_id, 'kind', kind, 'state', state, 'unit_id', unit_id,
                          'unit_name', f.name, 'reason', reason, 'day', coalesce(day::text, ''),
                          'other_unit_id', coalesce(other_unit, 0),
                          'other_unit_name', coalesce((select name from directory.unit_facts(a.site_id, other_unit)), ''),
                          'result', a.result, 'decision', decision)
                      order by application_id)
                 from task.application a, directory.unit_facts(a.site_id, a.unit_id) f
                where a.site_id = t.site_id and a.task_id = t.task_id), '[]'),
           'closures', coalesce((
               select json_agg(json_build_object(
                          'closure_no', closure_no, 'text', text,
                          'state', (array['WRITTEN', 'SIGNED', 'RETURNED', 'WITHDRAWN', 'VERIFIED', 'CLOSED'])[state],
                          'result_class', result_class) order by closure_no)
                 from task.closure k where k.site_id = t.site_id and k.task_id = t.task_id), '[]'))::text as json
  from task.task t
 where t.site_id = $1 and t.task_id = $2

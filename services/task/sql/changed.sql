-- Tasks that changed, as whoever keeps a copy of them needs them, as JSON with the column names of bihuan.v1.Task;
-- `place`: where each stands in the list.
-- read
-- $1 site int4
-- $2 tasks text[]
select x.place,
       json_build_object(
           'task_id', t.task_id, 'version', t.version, 'state', t.state, 'no', t.no, 'text', t.text,
           'office_unit_id', t.office_unit, 'leader_ids', t.leader_ids, 'parent_unit_id', coalesce(t.parent_unit, 0),
           'legs', coalesce((
               select json_agg(json_build_object('unit_id', unit_id, 'state', state) order by role, unit_id)
                 from task.leg l where l.site_id = t.site_id and l.task_id = t.task_id), '[]'))::text as json
  from unnest($2::uuid[]) with ordinality x(task_id, place)
  join task.task t on t.site_id = $1 and t.task_id = x.task_id

-- Deploy legless: only who has a part in a task can be told to work on it again.
begin;
set local role bihuan_task_owner;

-- {16, unit} for the first of the units that has no leg in the task, or only one that is released.
create function task.legless(t task.task, units int4[]) returns int4[]
language sql stable as $$
    select array[16, u.unit_id]
      from unnest(units) with ordinality u(unit_id, n)
     where not exists (select from task.leg l where l.site_id = t.site_id and l.task_id = t.task_id
                          and l.unit_id = u.unit_id and l.state <> 8)
     order by u.n limit 1
$$;
grant execute on function task.legless(task.task, int4[]) to bihuan_task;
commit;

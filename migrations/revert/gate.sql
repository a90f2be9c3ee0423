-- Revert gate: the task and the leg are read by one statement.
begin;
set local role bihuan_task_owner;
create or replace function task.leg_gate(site int4, task uuid, unit int4) returns table (task_state int2, leg_state int2)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select t.state, l.state
      from task.task t
      left join task.leg l on l.site_id = t.site_id and l.task_id = t.task_id and l.unit_id = leg_gate.unit
                          and t.issuer <> 0
     where t.site_id = leg_gate.site and t.task_id = leg_gate.task
       for share of t;
end $$;
commit;

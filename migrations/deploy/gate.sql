-- Deploy gate: who waits for a move of the task sees the leg as that move left it.
begin;
set local role bihuan_task_owner;

-- As before: the door for reports. The task is locked first: a statement that waits for a lock reads again the row it
-- locks, and everything else as it was before it waited.
create or replace function task.leg_gate(site int4, task uuid, unit int4) returns table (task_state int2, leg_state int2)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    is_issued bool;
begin
    select t.state, t.issuer <> 0 into task_state, is_issued
      from task.task t where t.site_id = leg_gate.site and t.task_id = leg_gate.task for share;
    if not found then
        return;
    end if;
    select l.state into leg_state
      from task.leg l where l.site_id = leg_gate.site and l.task_id = leg_gate.task and l.unit_id = leg_gate.unit and is_issued;
    return next;
end $$;
commit;

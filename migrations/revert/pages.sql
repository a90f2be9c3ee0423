-- Revert pages.
begin;
set local role bihuan_task_owner;
drop index task.task_office;
drop index task.task_part;
drop index task.task_parts;
drop index task.leg_unit;
commit;

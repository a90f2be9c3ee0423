-- Deploy pages: a page of tasks is walked in its order by an index for each reason to read a task.
begin;
set local role bihuan_task_owner;

create index task_office on task.task (site_id, office_unit, created_ms, position, task_id);
create index task_part on task.task (site_id, parent_unit, created_ms, position, task_id) where parent_id is not null;
create index task_parts on task.task (site_id, created_ms, position, task_id) where parent_id is not null;
create index leg_unit on task.leg (site_id, unit_id, task_id);

commit;

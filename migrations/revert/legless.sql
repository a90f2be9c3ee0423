-- Revert legless.
begin;
drop function task.legless(task.task, int4[]);
commit;

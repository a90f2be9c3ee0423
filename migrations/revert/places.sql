-- Revert places.
begin;
drop table bihuan.place;
revoke usage on schema bihuan from bihuan_directory, bihuan_target, bihuan_task, bihuan_progress, bihuan_audit;
commit;

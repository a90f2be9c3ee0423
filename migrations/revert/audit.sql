-- Revert audit: the schema itself belongs to the change roles.
begin;
drop function audit.append(int4[], bytea[]), audit.readable(audit.entry, int4, int2, int4);
drop table audit.tree, audit.subtree, audit.entry, audit.pending;
revoke usage on schema audit from bihuan_directory, bihuan_target, bihuan_task, bihuan_progress;
commit;

-- Revert target: empties the schema; the roles change keeps the schema itself.
begin;
revoke usage on schema target from bihuan_task;
drop function target.show_import(int4, uuid), target.readable(target.target, int4, int2, int4);
drop table target.import, target.target, target.observation, target.idem, target.inbox;
commit;

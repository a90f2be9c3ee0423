-- Revert target: empties the schema; the roles change keeps the schema itself.
begin;
revoke usage on schema target from bihuan_task, bihuan_progress;
drop function target.show_import(int4, uuid), target.is_of_task(int4, uuid, uuid), target.readable(target.target, int4, int2, int4);
drop table target.import, target.target, target.observation, target.idem, target.inbox;
commit;

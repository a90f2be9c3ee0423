-- Revert target: empties the schema; the roles change keeps the schema itself.
begin;
revoke usage on schema target from bihuan_task;
drop function target.show_import(int4, uuid);
drop table target.import, target.target, target.observation, target.idem, target.inbox;
commit;

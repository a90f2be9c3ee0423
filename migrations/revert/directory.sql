-- Revert directory: the schema itself belongs to the change roles.
begin;
drop function directory.unit_facts(int4, int4), directory.misnamed(int4, int4[], int4[], int4[], date);
drop function directory.members(int4, int4, date), directory.members_on(int4, int4, date);
drop table directory.idem, directory.attempt, directory.session, directory.post_grant, directory.person,
    directory.member_set, directory.spelling, directory.unit;
drop sequence directory.unit_id, directory.user_id;
drop function directory.fold(text);
revoke usage on schema directory from bihuan_task;
commit;

-- Revert roles: drops the schemas; the roles belong to the whole cluster and stay.
begin;
drop schema directory, target, task, progress, audit;
grant usage on schema public to public;
commit;

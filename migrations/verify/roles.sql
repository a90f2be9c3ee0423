-- Verify roles: every service has its schema, its owner without a login, and no way into another's schema.
begin;
create extension if not exists pgtap;
select plan(25);
select has_schema(s, 'schema ' || s), schema_owner_is(s, format('bihuan_%s_owner', s)),
       is(has_schema_privilege('bihuan_' || s, s, 'usage'), true, s || ' may use its schema'),
       is(has_schema_privilege('bihuan_' || s, s, 'create'), false, s || ' may not create in it'),
       is((select rolcanlogin or rolsuper from pg_roles where rolname = format('bihuan_%s_owner', s)), false, 'owner has no login')
  from unnest(array['directory', 'target', 'task', 'progress', 'audit']) s;
select * from finish(true);
rollback;

-- Deploy roles: for each service a schema, the role that owns it, and the group its login belongs to.
-- bihuan_task_owner owns the schema task and its doors; a login in the group bihuan_task gets what is granted by name.
begin;
do $$
declare
    service text;
    name text;
begin
    foreach service in array array['directory', 'target', 'task', 'progress', 'audit'] loop
        -- Roles belong to the whole cluster: another database may have made them.
        foreach name in array array[format('bihuan_%s_owner', service), format('bihuan_%s', service)] loop
            if not exists (select from pg_roles where rolname = name) then
                execute format('create role %I nologin', name);
            end if;
        end loop;
        execute format('create schema %I authorization %I', service, format('bihuan_%s_owner', service));
        execute format('grant usage on schema %I to %I', service, format('bihuan_%s', service));
        -- A new function is closed until its migration opens it.
        execute format('alter default privileges for role %I revoke execute on functions from public',
                       format('bihuan_%s_owner', service));
    end loop;
end $$;
revoke all on schema public from public;
commit;

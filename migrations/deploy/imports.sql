-- Deploy imports: the count of an import's targets can be compared before any of them shows.
begin;
set local role bihuan_target_owner;

-- The door for ImportTasks: how many targets the import has; 0 as well while it has no targets' part.
create function target.import_size(site int4, import_id uuid) returns int4
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return coalesce((select i.target_count from target.import i
                      where i.site_id = import_size.site and i.import_id = import_size.import_id), 0);
end $$;
grant execute on function target.import_size(int4, uuid) to bihuan_task;
commit;

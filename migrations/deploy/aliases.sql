-- Deploy aliases: a spelling can be taken from a unit.
begin;
set local role bihuan_directory_owner;

-- The service itself deletes no spelling; this does, and never a unit's own name. Answers how many.
create function directory.drop_aliases(site int4[], folded text[]) returns int4
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    dropped int4;
begin
    delete from directory.spelling s using unnest(drop_aliases.site, drop_aliases.folded) x(site_id, folded), directory.unit u
     where s.site_id = x.site_id and s.folded = x.folded and u.site_id = s.site_id and u.unit_id = s.unit_id
       and s.folded <> directory.fold(u.name);
    get diagnostics dropped = row_count;
    return dropped;
end $$;
grant execute on function directory.drop_aliases(int4[], text[]) to bihuan_directory;
commit;

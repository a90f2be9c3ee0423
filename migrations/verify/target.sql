-- Verify target: an import is hidden until the door shows it, and only the task service has the key.
begin;
create extension if not exists pgtap;
select plan(9);
select is(has_table_privilege('bihuan_target', 'target.' || t, 'update'), false, t || ' is append only')
  from unnest(array['import', 'target', 'observation']) t;
select is(has_function_privilege('bihuan_' || r, 'target.show_import(int4, uuid)', 'execute'), r = 'task', 'door: ' || r)
  from unnest(array['task', 'progress']) r;
select is(has_function_privilege('bihuan_' || r, 'target.is_of_task(int4, uuid, uuid)', 'execute'), r = 'progress',
          'door of reports: ' || r)
  from unnest(array['task', 'progress']) r;
select is(target.show_import(-1, '00000000-0000-0000-0000-000000000001'), -1, 'no such import');
insert into target.import values (-1, '00000000-0000-0000-0000-000000000001', sha256(''), 3);
select is((select target.show_import(-1, '00000000-0000-0000-0000-000000000001')
             + target.show_import(-1, '00000000-0000-0000-0000-000000000001')
           where (select not shown from target.import where site_id = -1)), 6, 'shows, and again answers the same');
select * from finish(true);
rollback;

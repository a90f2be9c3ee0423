-- Verify imports: counting shows nothing, and is for the task service.
begin;
create extension if not exists pgtap;
select plan(4);
insert into target.import values (-1, '00000000-0000-0000-0000-000000000001', sha256(''), 3);
select is(target.import_size(-1, '00000000-0000-0000-0000-000000000001'), 3, 'what is in it'),
       is(target.import_size(-1, '00000000-0000-0000-0000-000000000002'), 0, 'no such import');
select is((select shown from target.import where site_id = -1), false, 'still hidden');
select is(has_function_privilege('bihuan_progress', 'target.import_size(int4, uuid)', 'execute'), false, 'of one service');
select * from finish(true);
rollback;

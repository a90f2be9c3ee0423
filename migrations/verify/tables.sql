-- Verify tables: ids fall into the year they carry; services themselves cannot make tables.
begin;
create extension if not exists pgtap;
select plan(2);
select is(bihuan.first_id('2025-01-01'), '01941f29-7c00-0000-0000-000000000000'::uuid, 'the first id of a day'),
       is(has_function_privilege('bihuan_task', 'bihuan.make_idem(name)', 'execute'), false, 'a service makes no tables');
select * from finish(true);
rollback;

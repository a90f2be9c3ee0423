-- Verify once: no drafts name nothing wrong, the id of a report is what it was, units that are not there are no units, and plans are kept.
begin;
create extension if not exists pgtap;
select plan(5);
select is(task.any_misnamed(0, '[]', '2025-01-01'), false, 'no drafts'),
       is(progress.report_id('00000000-0000-0000-0000-000000000000', 1, '2025-06-01'), '487a4490-b53f-840a-92b0-671421c854ce', 'the id of a report'),
       is((select count(*) from directory.kinds(0, '{1}')), 0::int8, 'no units');
select is(l.lanname::text, 'plpgsql', proname || ' keeps its plan')
  from pg_proc p join pg_language l on l.oid = p.prolang
 where p.pronamespace = 'task'::regnamespace and proname in ('differences', 'said');
select * from finish(true);
rollback;

-- Verify plans: nothing asked for is nothing changed, no drafts have no parts, and plans are kept.
begin;
create extension if not exists pgtap;
select plan(6);
select is((select count(*) from task.revised(null::task.task, null)), 0::int8, 'nothing asked for'),
       is(task.put_parts(0, '[]'), 0, 'no drafts');
select is(l.lanname::text, 'plpgsql', proname || ' keeps its plan')
  from pg_proc p join pg_language l on l.oid = p.prolang
 where p.pronamespace = 'task'::regnamespace and proname in ('readable', 'misnamed', 'doubled', 'normal_draft');
select * from finish(true);
rollback;

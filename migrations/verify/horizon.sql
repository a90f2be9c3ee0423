-- Verify horizon: the moves of a task are looked for between two days, not in every year.
begin;
create extension if not exists pgtap;
select plan(1);
select ok(prosrc like '%event.time_ms between%', 'task.facts knows how far ahead a clock may be')
  from pg_proc where pronamespace = 'task'::regnamespace and proname = 'facts';
select * from finish(true);
rollback;

-- Verify gate: of a task that is not there nothing is told.
begin;
create extension if not exists pgtap;
select plan(1);
select is((select count(*) from task.leg_gate(0, '00000000-0000-0000-0000-000000000000', 1)), 0::int8, 'no task, no states');
select * from finish(true);
rollback;

-- Verify sets: no commands create nothing.
begin;
create extension if not exists pgtap;
select plan(1);
select is(task.create_drafts(0, '[]'), 0, 'no commands');
select * from finish(true);
rollback;

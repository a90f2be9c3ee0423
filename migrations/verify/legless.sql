-- Verify legless: nobody named is nobody wrong, a stranger is found.
begin;
create extension if not exists pgtap;
select plan(2);
select is(task.legless(null::task.task, '{}'), null, 'nobody named'),
       is(task.legless(null::task.task, '{7,8}'), '{16,7}', 'the first stranger');
select * from finish(true);
rollback;

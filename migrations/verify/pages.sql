-- Verify pages: every index a page is walked by is there.
begin;
create extension if not exists pgtap;
select plan(4);
select has_index('task'::name, 'task'::name, name::name, name) from unnest(array['task_office', 'task_part', 'task_parts']) name;
select has_index('task'::name, 'leg'::name, 'leg_unit'::name, 'leg_unit'::text);
select * from finish(true);
rollback;

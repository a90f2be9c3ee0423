-- Verify changes: values are shown in words, and history is still not rewritten.
begin;
create extension if not exists pgtap;
select plan(5);
select is(task.shown(0, 'result', '"6 km"'), '["6 km"]', 'a word'),
       is(task.shown(0, 'deadline', '""'), '[]', 'none'),
       is(task.shown(0, 'milestones', '[{"title": "first", "due": "2025-09-01"}]'), '["2025-09-01 first"]', 'a milestone'),
       is(task.shown(0, 'lead_unit_id', '0'), '[]', 'no unit'),
       is(has_table_privilege('bihuan_task', 'task.event', 'update'), false, 'history is not rewritten');
select * from finish(true);
rollback;

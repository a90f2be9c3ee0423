-- Verify said: nothing, units, a class.
begin;
create extension if not exists pgtap;
select plan(3);
select is(task.said(6::int2, '{}', 3::int2, ''), '[]', 'nobody named'),
       is(task.said(6::int2, '{7}', 3::int2, ''), '[{"field": "unit_ids", "before": "", "after": [7]}]', 'one unit'),
       is(task.said(0::int2, '{}', 5::int2, 'A'), '[{"field": "result_class", "before": "", "after": "A"}]', 'a class');
select * from finish(true);
rollback;

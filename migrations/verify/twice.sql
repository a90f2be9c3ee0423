-- Verify twice: a unit that a draft names twice is told, in one list as in two.
begin;
create extension if not exists pgtap;
select plan(3);
select is(task.doubled('{"lead_unit_id": 0, "co_unit_ids": [5, 6, 5], "county_unit_ids": []}'), '{15,5}', 'in one list'),
       is(task.doubled('{"lead_unit_id": 7, "co_unit_ids": [5, 6], "county_unit_ids": [7]}'), '{15,7}', 'in two'),
       is(task.doubled('{"lead_unit_id": 0, "co_unit_ids": [5], "county_unit_ids": [6]}'), null, 'once each');
select * from finish(true);
rollback;

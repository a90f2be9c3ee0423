-- Verify parts: what is named twice is found, and what a correction names elsewhere gives way.
begin;
create extension if not exists pgtap;
select plan(5);
select is(task.doubled('{"lead_unit_id": 1, "co_unit_ids": [2, 4], "county_unit_ids": [3]}'), null, 'each once'),
       is(task.doubled('{"lead_unit_id": 0, "co_unit_ids": [], "county_unit_ids": []}'), null, 'none'),
       is(task.doubled('{"lead_unit_id": 1, "co_unit_ids": [2, 1], "county_unit_ids": []}'), '{15,1}', 'lead and co-unit'),
       is(task.doubled('{"lead_unit_id": 1, "co_unit_ids": [2], "county_unit_ids": [2]}'), '{15,2}', 'co-unit and county'),
       is(task.units_left('{"co_unit_ids": [1, 2, 3], "county_unit_ids": [4]}', '{"lead_unit_id": 1, "county_unit_ids": [2]}'),
          '{"co_unit_ids": [3], "county_unit_ids": [4]}', 'named elsewhere');
select * from finish(true);
rollback;

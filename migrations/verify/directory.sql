-- Verify directory: what the service may do, what the door answers, how spellings fold.
begin;
create extension if not exists pgtap;
select plan(15);
select is(has_table_privilege('bihuan_directory', 'directory.' || t, 'delete, truncate'), false, t || ' keeps its rows')
  from unnest(array['unit', 'spelling', 'member_set', 'person', 'post_grant', 'idem']) t;
select is(has_table_privilege('bihuan_directory', 'directory.member_set', 'update'), false, 'past members stay'),
       is(has_column_privilege('bihuan_directory', 'directory.person', 'login', 'update'), false, 'a login stays'),
       is(has_table_privilege('bihuan_task', 'directory.unit', 'select'), false, 'others use the door'),
       is(has_function_privilege('bihuan_task', 'directory.members(int4, int4, date)', 'execute'), true, 'the door is open');
select is(directory.fold('南湖区政府（试点） A'), directory.fold('南湖区 政府(试点)a'), 'width, blanks and case do not count');
insert into directory.unit
    select 0, unit, 'verify ' || unit, 5, 0, 1, sha256('') from generate_series(2147483646, 2147483647) unit;
insert into directory.member_set values
    (0, 2147483647, 2, '2025-01-01', '{11,12}'), (0, 2147483647, 3, '2025-07-01', '{13}'),
    (0, 2147483646, 2, '2025-07-01', '{11}'), (0, 2147483646, 3, '2025-01-01', '{12}');
select is((select array_agg(m) from directory.members(0, 2147483647, '2025-06-30') m), '{11,12}', 'the day before'),
       is((select array_agg(m) from directory.members(0, 2147483647, '2025-07-01') m), '{13}', 'the day of the change'),
       is((select array_agg(m) from directory.members(0, 2147483647, '2024-12-31') m), null, 'no list yet'),
       is((select array_agg(m) from directory.members(0, 2147483646, '2025-08-01') m), '{12}', 'the last word counts');
select * from finish(true);
rollback;

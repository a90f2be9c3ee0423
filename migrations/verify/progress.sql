-- Verify progress: the constraints hold, the doors answer, and nobody else comes in.
begin;
create extension if not exists pgtap;
select plan(17);
select is(has_table_privilege('bihuan_progress', 'progress.' || t, 'update'), false, t || ' is append only')
  from unnest(array['report', 'evidence', 'idem', 'inbox']) t;
select is(has_function_privilege('bihuan_task', 'progress.report_facts(int4, uuid, int4, int4)', 'execute'), true, 'task asks');
select is(has_function_privilege('bihuan_target', 'progress.report_facts(int4, uuid, int4, int4)', 'execute'), false,
          'target does not');
select is(progress.report_id('00000000-0000-0000-0000-000000000001', 7, '2025-03-01'),
          '7bebac10-d1cd-8979-948c-0099c6fb80f9', 'as uuid_derive');
insert into progress.today values (-1, '2025-04-01');
insert into progress.sheet (site_id, report_id, task_id, unit_id, period, due)
values (-1, '00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-000000000001', 7, '2025-03-01', '2025-03-31'),
       (-1, '00000000-0000-0000-0000-00000000000b', '00000000-0000-0000-0000-000000000002', 7, '2025-04-01', '2025-04-30');
select is(progress.report_facts(-1, '00000000-0000-0000-0000-000000000001', 5, 8), 4, 'a month overdue is wanting, though not of unit 8');
select is(progress.report_facts(-1, '00000000-0000-0000-0000-000000000002', 5, 7), 5, 'a month that runs is not');
update progress.sheet set version = 1, state = 2, submitted_by = 5, content_version = 1, person_ids = '{5}'
 where site_id = -1 and unit_id = 7;
select is(progress.report_facts(-1, '00000000-0000-0000-0000-000000000002', 5, 7), 2, 'a report under way is');
select throws_ok($$ update progress.sheet set state = 4, approved_by = 5 where site_id = -1 $$, 23514, null,
                 'nobody approves the own report');
update progress.sheet set state = 4, approved_by = 6, person_ids = '{5, 6}' where site_id = -1;
select is(progress.report_facts(-1, '00000000-0000-0000-0000-000000000001', 6, 7), 7, 'approved, and by this person');
select throws_ok($$ update progress.sheet set period = '2025-03-02' where site_id = -1 $$, 23514, null,
                 'a period is a month');
select is(progress.evidence_citable(-1, 7, '{}'), true, 'nothing may be cited');
select is(progress.evidence_citable(-1, 7, array[repeat('0', 64)]), false, 'a file of nobody may not');
select progress.cite_evidence(-1, '00000000-0000-0000-0000-000000000001', 7, array[repeat('0', 64)]);
select is(progress.evidence_citable(-1, 7, array[repeat('0', 64)]), true, 'what the unit cited it may cite again');
select is(progress.evidence_citable(-1, 8, array[repeat('0', 64)]), false, 'a unit without a part in the task may not');
select * from finish(true);
rollback;

-- :tasks tasks of a grown site, beside those of loop.sql: for every 200 tasks one more unit that leads them, 180 closed
-- and 20 at work; each with two legs, a clause, two lines of history, an approved report and the keys of two commands.
create temp table grown as
select ('00000000-0000-8000-8009-' || lpad(n::text, 12, '0'))::uuid as task_id, n, 1001 + n % units as lead_unit,
       1001 + (n + 1) % units as co_unit, case when n / units % 10 = 0 then 4 else 8 end as state,
       (extract(epoch from now()) * 1000)::int8 - 86400000 as made_ms
  from generate_series(1, :tasks) n, (select greatest(:tasks / 200, 2) as units) u;
analyze grown;

insert into directory.unit (site_id, unit_id, name, kind, office_unit_id, version, leaf_hash)
select 1, unit_id, 'unit ' || unit_id, 2, 0, 1, sha256('') from (select distinct lead_unit as unit_id from grown) g;

insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, deadline, is_key, office_unit,
                       lead_unit, leader_ids, issuer, verifiers, signed_leaders, closure_no, created_ms, position)
select 1, task_id, 2, sha256(''), state, n::text, 'Rebuild 120 km of rural roads and 30 bridges.', '120 km rebuilt',
       current_date + 30, false, 11 + n % 9, lead_unit, '{51}', 9, '{2}', '{51}', state / 8, made_ms, n
  from grown;
insert into task.leg (site_id, task_id, unit_id, role, state, acknowledge_by)
select 1, task_id, lead_unit, 1, case state when 8 then 7 else 2 end, current_date from grown
union all
select 1, task_id, co_unit, 2, case state when 8 then 7 else 2 end, current_date from grown;
insert into task.clause (site_id, task_id, clause_no, text, covered) select 1, task_id, 1, 'text', true from grown;
insert into task.closure (site_id, task_id, closure_no, text, state, writer, signer, result_class)
select 1, task_id, 1, 'text', 6, 11, 12, 'A' from grown where state = 8;
insert into task.event (site_id, task_id, version, time_ms, move, user_id, login, unit_id, post, leader_id, about_unit,
                        state, note)
select 1, task_id, version, made_ms, (array['CREATE', 'ISSUE'])[version], version, 'somebody01', 10, 3, 0, 0, version, ''
  from grown, generate_series(1, 2) version;
insert into progress.task_view (site_id, task_id, version, state, no, text, office_unit_id, unit_ids, leader_ids,
                                acting_unit_ids)
select 1, task_id, 2, state, n::text, 'Rebuild 120 km of rural roads and 30 bridges.', 11 + n % 9,
       array[lead_unit, co_unit], '{51}', case state when 8 then '{}' else array[lead_unit, co_unit] end
  from grown;
insert into progress.sheet (site_id, report_id, task_id, unit_id, period, due, version, state, content_version,
                            submitted_by, approved_by)
select 1, progress.report_id(task_id, lead_unit, '2025-06-01'), task_id, lead_unit, '2025-06-01', '2025-06-30', 2, 4, 1,
       11, 12
  from grown;
insert into progress.report (site_id, report_id, version, period, state, content_version, user_id, login, made, text,
                             problems, next_step, figures, evidence)
select 1, progress.report_id(task_id, lead_unit, '2025-06-01'), 1, '2025-06-01', 2, 1, 11, 'somebody01', now(),
       'twelve kilometres more', '', 'next', '[]', '' from grown;
-- Keys as uuid_v7 makes them, of yesterday.
insert into task.idem (site_id, key, fingerprint, object_id, version, state)
select 1, (lpad(to_hex(made_ms), 12, '0') || '7' || right(replace(gen_random_uuid()::text, '-', ''), 19))::uuid,
       sha256('x'), task_id, 2, 4 from grown;
insert into progress.idem (site_id, key, fingerprint, object_id, version, state)
select 1, (lpad(to_hex(made_ms), 12, '0') || '7' || right(replace(gen_random_uuid()::text, '-', ''), 19))::uuid,
       sha256('x'), task_id::text, 2, 4 from grown;
vacuum analyze;
checkpoint;

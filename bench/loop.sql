-- Tasks for bench_loop, :loops of each kind: 1 issued, 2 active with a report asked for, 3 verified, to be signed off.
insert into directory.unit (site_id, unit_id, name, kind, office_unit_id, version, leaf_hash)
select 1, unit_id, 'unit ' || unit_id, 2, 0, 1, sha256('') from unnest(array[5, 10, 20, 21, 22]) unit_id
    on conflict do nothing;
insert into directory.person (site_id, user_id, login, name, password, version, leaf_hash)
values (1, 50, 'leader01', 'leader', '$argon2id$', 1, sha256('')) on conflict do nothing;
insert into directory.post_grant (site_id, user_id, version, unit_id, post, leader_id, first_day)
values (1, 50, 1, 5, 6, 50, '2020-01-01') on conflict do nothing;

create temp table made as
select ('00000000-0000-8000-800' || kind || '-' || lpad(n::text, 12, '0'))::uuid as task_id, kind, n,
       (extract(epoch from now()) * 1000)::int8 as now_ms
  from generate_series(1, 3) kind, generate_series(1, :loops) n;

insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, deadline, is_key, office_unit,
                       lead_unit, leader_ids, issuer, verifiers, closure_no, created_ms, position)
select 1, task_id, 1, sha256(''), case kind when 1 then 3 when 2 then 4 else 7 end, n::text, 'text', 'result',
       current_date + 30, false, 10, 20, '{50}', 9, case kind when 3 then '{2}'::int4[] else '{}' end, kind / 3, now_ms, n
  from made;
-- Leg states: the lead's pending, at work, submitted; the co-unit's at work, at work, countersigned.
insert into task.leg (site_id, task_id, unit_id, role, state, acknowledge_by)
select 1, task_id, unit_id, case unit_id when 20 then 1 else 2 end,
       case unit_id when 20 then kind else case kind when 3 then 4 else 2 end end, current_date + 3
  from made, unnest(array[20, 21]) unit_id;
insert into task.clause (site_id, task_id, clause_no, text, covered) select 1, task_id, 1, 'text', true from made;
insert into task.closure (site_id, task_id, closure_no, text, state, writer, signer, result_class)
select 1, task_id, 1, 'text', 5, 11, 12, 'A' from made where kind = 3;
insert into task.event (site_id, task_id, version, time_ms, move, user_id, login, unit_id, post, leader_id, about_unit,
                        state, note)
select 1, task_id, 1, now_ms, 'CREATE', 1, 'drafter01', 10, 3, 0, 0, 1, '' from made;
insert into progress.sheet (site_id, report_id, task_id, unit_id, period, due)
select 1, progress.report_id(task_id, 20, '2025-06-01'), task_id, 20, '2025-06-01', '2025-06-30' from made where kind = 2;

vacuum analyze;

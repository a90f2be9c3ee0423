-- Verify task: what the service may do, and that a closed task without verification or signature cannot be written.
begin;
create extension if not exists pgtap;
select plan(11);
select is(has_table_privilege('bihuan_task', 'task.' || t, 'delete, truncate'), false, t || ' keeps its rows')
  from unnest(array['task', 'leg', 'clause', 'milestone', 'named_member', 'event', 'idem', 'closure']) t;
select is(has_table_privilege('bihuan_task', 'task.event', 'update'), false, 'history is not rewritten'),
       is(has_table_privilege('bihuan_progress', 'task.leg', 'select'), false, 'others use the door');
select throws_ok($$
    insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, deadline, is_key, office_unit,
                           lead_unit, leader_ids, issuer, created_ms, position)
    values (0, gen_random_uuid(), 1, sha256(''), 8, '', 'verify', 'r', '2025-12-31', false, 1, 2, '{3}', 4, 0, 1) $$,
    '23514', null, 'closed takes a verifier and a signature');
select * from finish(true);
rollback;

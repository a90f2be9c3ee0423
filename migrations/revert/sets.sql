-- Revert sets.
begin;
set local role bihuan_task_owner;
drop function task.create_drafts(int4, jsonb);
-- Creates drafts, version 1 each, with their legs, clauses, history and audit entries; answers how many. An element is
-- {"task_id", "body" (hex), "draft" (bihuan.v1.Draft with column names)}.
create function task.create_drafts(site int4, list jsonb, office int4, parent uuid, parent_leg int4, import uuid,
                                   actor int4, login text, unit int4, post int2, now_ms int8) returns int4
language plpgsql as $$
begin
    insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, deadline, is_key, office_unit,
                           lead_unit, leader_ids, parent_id, parent_unit, import_id, first_line, last_line, also_at,
                           created_ms, position)
    select site, (e ->> 'task_id')::uuid, 1,
           sha256('\x00'::bytea || decode(e ->> 'body', 'hex') || decode(repeat('00', 32), 'hex')), 1,
           d.no, d.text, d.result, nullif(d.deadline, '')::date, d.is_key, office, nullif(d.lead_unit_id, 0),
           coalesce(d.leader_ids, '{}'), parent, parent_leg, import, d.first_line, d.last_line, d.also_at,
           create_drafts.now_ms, n
      from jsonb_array_elements(list) with ordinality x(e, n),
           jsonb_to_record(e -> 'draft') d(no text, text text, result text, deadline text, is_key bool, lead_unit_id int4,
                                           leader_ids int4[], first_line int4, last_line int4, also_at jsonb);
    perform task.add_parts(site, (select jsonb_agg(e || jsonb_build_object('draft', task.normal_draft(e -> 'draft')))
                                    from jsonb_array_elements(list) e));
    insert into task.event (site_id, task_id, version, time_ms, move, user_id, login, unit_id, post, leader_id,
                            about_unit, state, note)
    select site, (e ->> 'task_id')::uuid, 1, create_drafts.now_ms, 'CREATE', actor, create_drafts.login,
           create_drafts.unit, create_drafts.post, 0, 0, 1, ''
      from jsonb_array_elements(list) e;
    return audit.append(array_agg(site order by n),
                        array_agg(decode(e ->> 'body', 'hex') || decode(repeat('00', 32), 'hex') order by n))
      from jsonb_array_elements(list) with ordinality x(e, n);
end $$;
grant execute on function task.create_drafts(int4, jsonb, int4, uuid, int4, uuid, int4, text, int4, int2, int8)
    to bihuan_task;
commit;

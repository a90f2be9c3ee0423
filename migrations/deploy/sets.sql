-- Deploy sets: the drafts of a whole set of commands are made at once.
begin;
set local role bihuan_task_owner;

drop function task.create_drafts(int4, jsonb, int4, uuid, int4, uuid, int4, text, int4, int2, int8);
-- Creates drafts, version 1 each, with their legs, clauses, history and audit entries; answers how many. A batch is what
-- one command creates: {"office", "parent", "parent_leg", "import", "actor", "login", "unit", "post", "now_ms", "list"}, an
-- element of its list {"task_id", "body" (hex), "draft" (bihuan.v1.Draft with column names)}.
create function task.create_drafts(site int4, batches jsonb) returns int4
language plpgsql as $$
begin
    insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, deadline, is_key, office_unit,
                           lead_unit, leader_ids, parent_id, parent_unit, import_id, first_line, last_line, also_at,
                           created_ms, position)
    select site, (e ->> 'task_id')::uuid, 1,
           sha256('\x00'::bytea || decode(e ->> 'body', 'hex') || decode(repeat('00', 32), 'hex')), 1,
           d.no, d.text, d.result, nullif(d.deadline, '')::date, d.is_key, b.office, nullif(d.lead_unit_id, 0),
           coalesce(d.leader_ids, '{}'), b.parent, b.parent_leg, b.import, d.first_line, d.last_line, d.also_at, b.now_ms, n
      from jsonb_to_recordset(batches) b(office int4, parent uuid, parent_leg int4, import uuid, now_ms int8, list jsonb),
           jsonb_array_elements(b.list) with ordinality x(e, n),
           jsonb_to_record(e -> 'draft') d(no text, text text, result text, deadline text, is_key bool, lead_unit_id int4,
                                           leader_ids int4[], first_line int4, last_line int4, also_at jsonb);
    perform task.add_parts(site, (
        select jsonb_agg(jsonb_build_object('task_id', e -> 'task_id', 'draft', task.normal_draft(e -> 'draft')))
          from jsonb_array_elements(batches) b, jsonb_array_elements(b -> 'list') e));
    insert into task.event (site_id, task_id, version, time_ms, move, user_id, login, unit_id, post, leader_id,
                            about_unit, state, note)
    select site, (e ->> 'task_id')::uuid, 1, b.now_ms, 'CREATE', b.actor, b.login, b.unit, b.post, 0, 0, 1, ''
      from jsonb_to_recordset(batches) b(actor int4, login text, unit int4, post int2, now_ms int8, list jsonb),
           jsonb_array_elements(b.list) e;
    return audit.append(array_agg(site order by m, n),
                        array_agg(decode(e ->> 'body', 'hex') || decode(repeat('00', 32), 'hex') order by m, n))
      from jsonb_array_elements(batches) with ordinality y(b, m),
           jsonb_array_elements(b -> 'list') with ordinality x(e, n);
end $$;
grant execute on function task.create_drafts(int4, jsonb) to bihuan_task;
commit;

-- Revert task.
begin;
set local role bihuan_task_owner;
drop function task.leg_gate(int4, uuid, int4), task.may_read(int4, uuid, int4, int2, int4);
drop function task.misnamed(int4, jsonb, date);
drop function task.create_drafts(int4, jsonb, int4, uuid, int4, uuid, int4, text, int4, int2, int8);
drop function task.put_parts(int4, jsonb), task.drop_parts(int4, jsonb);
drop function task.revised(task.task, jsonb), task.normal_draft(jsonb), task.draft_of(task.task);
drop function task.readable(task.task, int4, int2, int4);
drop function task.facts(task.task, int4, int4, int2, int4, int4, int4, int2, uuid, int4, text[], date, date, int8, int8);
drop table task.outbox, task.outbox_dead, task.outbox_lease, task.idem, task.event, task.import, task.child_waiver,
    task.closure, task.application, task.milestone, task.clause, task.named_member, task.leg, task.task;
commit;

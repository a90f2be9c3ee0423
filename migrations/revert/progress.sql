-- Revert progress: empties the schema; the roles change keeps the schema itself.
begin;
revoke usage on schema progress from bihuan_task;
drop function progress.report_facts(int4, uuid, int4, int4), progress.evidence_citable(int4, int4, text[]),
    progress.cite_evidence(int4, uuid, int4, text[]), progress.evidence_readable(int4, bytea, int4, int4), progress.foreign_target(int4, uuid, jsonb),
    progress.report_id(uuid, int4, date);
drop table progress.sheet, progress.report, progress.evidence, progress.evidence_use, progress.task_view, progress.today,
    progress.idem, progress.inbox, progress.outbox, progress.outbox_dead, progress.outbox_lease;
commit;

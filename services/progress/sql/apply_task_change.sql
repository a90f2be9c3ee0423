-- A task changed: its read copy moves on, and the running month opens for the units that act. Where nothing is owed, a
-- month that is neither due nor begun goes again.
-- $1 site int4
-- $2 event uuid
-- $3 task uuid
-- $4 version int4
-- $5 state int4
-- $6 no text
-- $7 text text
-- $8 office int4
-- $9 units int4[]          that may read
-- $10 leaders int4[]       that may read
-- $11 acting int4[]        units whose leg acts
-- $12 owing int4[]         of them, those that owe reports in the task's state
-- $13 period date          the running month
-- $14 due date
-- $15 today date
with fresh as (
    insert into progress.inbox values ($1, $2) on conflict do nothing returning site_id
), view as (
    insert into progress.task_view as v (site_id, task_id, version, state, no, text, office_unit_id, unit_ids,
                                         leader_ids, acting_unit_ids)
    select $1, $3, $4, $5, $6, $7, $8, $9, $10, $11 from fresh
    on conflict (site_id, task_id) do update
       set version = excluded.version, state = excluded.state, no = excluded.no, text = excluded.text,
           office_unit_id = excluded.office_unit_id, unit_ids = excluded.unit_ids,
           leader_ids = excluded.leader_ids, acting_unit_ids = excluded.acting_unit_ids
     where v.version < excluded.version
    returning v.site_id
), opened as (
    insert into progress.sheet (site_id, report_id, task_id, unit_id, period, due)
    select v.site_id, progress.report_id($3, u.unit, $13), $3, u.unit, $13, $14 from view v, unnest($12::int4[]) u(unit)
    on conflict do nothing
), closed as (
    delete from progress.sheet s using view v
     where s.site_id = v.site_id and s.task_id = $3 and s.version = 0 and s.due >= $15 and s.unit_id <> all($12::int4[])
)
select count(*)::int4 as applied from view

-- Tasks changed, for a set of events: the read copy of each moves on, and the running month opens for the units that act.
-- Where nothing is owed, a month that is neither due nor begun goes again. An event that came before, and one that is
-- older than the copy, change nothing.
-- combine: $3
-- $1 site int4[]
-- $2 event uuid[]
-- $3 task uuid[]
-- $4 version int4[]
-- $5 state int4[]
-- $6 no text[]
-- $7 text text[]
-- $8 office int4[]
-- $9 units text[]          that may read
-- $10 leaders text[]       that may read
-- $11 acting text[]        units whose leg acts
-- $12 owing text[]         of them, those that owe reports in the task's state
-- $13 period date[]        the running month
-- $14 due date[]
-- $15 today date[]
with inp as materialized (
    select i.site, i.event, i.task, i.version, i.state, i.no, i.text, i.office, i.units::int4[], i.leaders::int4[],
           i.acting::int4[], i.owing::int4[], i.period, i.due, i.today, i.ord
      from unnest($1::int4[], $2::uuid[], $3::uuid[], $4::int4[], $5::int4[], $6::text[], $7::text[], $8::int4[],
                  $9::text[], $10::text[], $11::text[], $12::text[], $13::date[], $14::date[], $15::date[])
           with ordinality
           as i (site, event, task, version, state, no, text, office, units, leaders, acting, owing, period, due, today,
                 ord)
), fresh as (
    insert into progress.inbox (site_id, event_id)
    select site, event from inp order by ord
    on conflict do nothing
    returning site_id, event_id
), view as (
    insert into progress.task_view as v (site_id, task_id, version, state, no, text, office_unit_id, unit_ids,
                                         leader_ids, acting_unit_ids)
    select i.site, i.task, i.version, i.state, i.no, i.text, i.office, i.units, i.leaders, i.acting
      from inp i
      join fresh f on f.site_id = i.site and f.event_id = i.event
     order by i.ord
    on conflict (site_id, task_id) do update
       set version = excluded.version, state = excluded.state, no = excluded.no, text = excluded.text,
           office_unit_id = excluded.office_unit_id, unit_ids = excluded.unit_ids,
           leader_ids = excluded.leader_ids, acting_unit_ids = excluded.acting_unit_ids
     where v.version < excluded.version
    returning v.site_id, v.task_id
), news as materialized (
    select i.* from inp i join view v on v.site_id = i.site and v.task_id = i.task
), opened as (
    insert into progress.sheet (site_id, report_id, task_id, unit_id, period, due)
    select n.site, progress.report_id(n.task, u.unit, n.period), n.task, u.unit, n.period, n.due
      from news n, unnest(n.owing) u(unit)
    on conflict do nothing
), closed as (
    delete from progress.sheet s using news n
     where s.site_id = n.site and s.task_id = n.task and s.version = 0 and s.due >= n.today and s.unit_id <> all(n.owing)
)
select ord, 0 as outcome from inp

-- Opens the running month for units that owe reports and have no sheet yet; answers how many it found. Those that another
-- instance opens meanwhile count: there may be more behind them.
-- $1 site int4
-- $2 period date
-- $3 due date
-- $4 state int4            of tasks on which reports are owed
-- $5 row_max int4
with missing as materialized (
    select v.site_id, progress.report_id(v.task_id, u.unit, $2) as report_id, v.task_id, u.unit
      from progress.task_view v, unnest(v.acting_unit_ids) u(unit)
     where v.site_id = $1 and v.state = $4
       and not exists (select from progress.sheet s where s.site_id = v.site_id and s.task_id = v.task_id
                          and s.unit_id = u.unit and s.period = $2)
     limit $5
), opened as (
    insert into progress.sheet (site_id, report_id, task_id, unit_id, period, due)
    select site_id, report_id, task_id, unit, $2, $3 from missing
    on conflict do nothing
)
select count(*)::int4 as found from missing

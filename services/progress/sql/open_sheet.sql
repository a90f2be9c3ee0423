-- Opens the sheet of the running month for a unit that is ahead of the timer and of the task's event.
-- $1 site int4
-- $2 report uuid
-- $3 task uuid
-- $4 unit int4
-- $5 period date
-- $6 due date
insert into progress.sheet (site_id, report_id, task_id, unit_id, period, due)
values ($1, $2, $3, $4, $5, $6)
on conflict do nothing

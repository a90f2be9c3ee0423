-- Reports of the caller's unit that wait for the caller, by their last day (index sheet_open): only while its leg acts and
-- the task takes reports; nobody judges the own report.
-- read
-- $1 site int4
-- $2 unit int4
-- $3 actor int4
-- $4 states int4           of reports, a bit set
-- $5 task_states int4      a bit set
-- $6 after_due date        null = first page
-- $7 after_report uuid
-- $8 page_size int4
select s.task_id::text as task_id, v.state::int4 as state, v.no, v.text, v.office_unit_id,
       s.report_id::text as _report_id, to_char(s.period, 'YYYY-MM') as _period, s.due::text as _due,
       s.state::int4 as _report_state, s.note as _note
  from progress.sheet s
  join progress.task_view v on v.site_id = s.site_id and v.task_id = s.task_id
 where s.site_id = $1 and s.unit_id = $2 and s.state <> 4 and ($4::int4 >> s.state) & 1 = 1
   and (s.state <> 2 or s.submitted_by <> $3) and ($5::int4 >> v.state) & 1 = 1 and s.unit_id = any(v.acting_unit_ids)
   and ($6::date is null or (s.due, s.report_id) > ($6, $7::uuid))
 order by s.due, s.report_id
 limit $8

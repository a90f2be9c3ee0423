-- Reports of one unit, newest month first.
-- read
-- $1 site int4
-- $2 unit int4
-- $3 reader_unit int4
-- $4 leader int4            the leader the reader signs for; 0 = none
-- $5 reads_all bool
-- $6 period date           null = all
-- $7 state int4            0 = all
-- $8 after_period date     where the page begins: null = at the newest
-- $9 after_report uuid
-- $10 row_max int4
select s.report_id, s.task_id, s.unit_id, to_char(s.period, 'YYYY-MM') as period, s.version, s.state,
       r.text, r.problems, r.next_step, s.submitted_login as submitted_by, s.approved_login as approved_by, s.note, s.due,
       t.no as task_no, t.text as task_text
  from progress.sheet s
  left join progress.report r on r.site_id = s.site_id and r.report_id = s.report_id and r.period = s.period
                             and r.version = s.content_version
  left join progress.task_view t on t.site_id = s.site_id and t.task_id = s.task_id
 where s.site_id = $1 and s.unit_id = $2
   and ($5 or s.unit_id = $3 or $3 = any(t.unit_ids) or t.office_unit_id = $3 or $4 = any(t.leader_ids))
   and ($6::date is null or s.period = $6) and ($7 = 0 or s.state = $7)
   and ($8::date is null or (s.period, s.report_id) < ($8, $9::uuid))
 order by s.period desc, s.report_id desc
 limit $10

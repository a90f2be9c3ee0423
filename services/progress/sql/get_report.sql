-- One report at a version (0 = the newest), if the reader may see it.
-- read
-- $1 site int4
-- $2 report uuid
-- $3 version int4
-- $4 unit int4            of the reader
-- $5 leader int4          the leader the reader signs for; 0 = none
-- $6 reads_all bool
select s.report_id, s.task_id, s.unit_id, to_char(s.period, 'YYYY-MM') as period, coalesce(r.version, 0) as version,
       coalesce(r.state, 1) as state, c.text, c.problems, c.next_step, c.figures as _figures,
       array(select encode(substring(c.evidence from 32 * n + 1 for 32), 'hex')
               from generate_series(0, octet_length(c.evidence) / 32 - 1) n) as evidence,
       c.login as submitted_by, case when r.state = 4 then r.login end as approved_by, r.note, s.due,
       t.no as task_no, t.text as task_text
  from progress.sheet s
  left join progress.report r on r.site_id = s.site_id and r.report_id = s.report_id and r.period = s.period
                             and r.version = case when $3 = 0 then s.version else $3 end
  left join progress.report c on c.site_id = s.site_id and c.report_id = s.report_id and c.period = s.period
                             and c.version = r.content_version
  left join progress.task_view t on t.site_id = s.site_id and t.task_id = s.task_id
 where s.site_id = $1 and s.report_id = $2 and ($3 = 0 or r.version is not null)
   and ($6 or s.unit_id = $4 or $4 = any(t.unit_ids) or t.office_unit_id = $4 or $5 = any(t.leader_ids))

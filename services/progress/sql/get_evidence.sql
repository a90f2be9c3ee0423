-- What is known of a file, for its uploader and for whoever sees a report that shows it.
-- read
-- $1 site int4
-- $2 digest bytea
-- $3 reader int4
-- $4 unit int4            of the reader
-- $5 leader int4          the leader the reader signs for; 0 = none
-- $6 reads_all bool
-- $7 is_office bool       the reader holds a post of a supervision office
select encode(v.digest, 'hex') as digest, v.size, v.name, v.media_type, v.login as uploaded_by, v.uploaded as uploaded_ms
  from progress.evidence v
 where v.site_id = $1 and v.digest = $2
   and ($6 or v.user_id = $3
       or exists (select from progress.evidence_use e
                    join progress.sheet s on s.site_id = e.site_id and s.report_id = e.report_id
                    left join progress.task_view t on t.site_id = s.site_id and t.task_id = s.task_id
                   where e.site_id = v.site_id and e.digest = v.digest
                     and (s.unit_id = $4 or $4 = any(t.unit_ids) or t.office_unit_id = $4 or $5 = any(t.leader_ids)))
       -- Evidence of a milestone or a re-check stands in the task, not in a report.
       or $7 and not exists (select from progress.evidence_use e where e.site_id = v.site_id and e.digest = v.digest))

-- A page of the imports of one document by one office, oldest first, and what became of their drafts.
-- read
-- $1 site int4
-- $2 unit int4
-- $3 document bytea
-- $4 after_round int4
-- $5 page_size int4
select w.import_id::text as import_id, w.document_number, w.document_title, w.digest as document_digest, w.round,
       w.login as imported_by, w.time_ms, w.task_count, w.target_count, t.open_count, t.issued_count
  from task.import w,
       lateral (select (count(*) filter (where t.state in (1, 2)))::int4 as open_count,
                       (count(*) filter (where t.state between 3 and 9))::int4 as issued_count
                  from task.task t where t.site_id = w.site_id and t.import_id = w.import_id) t
 where w.site_id = $1 and w.office_unit = $2 and w.document = $3 and w.round > $4
 order by w.round
 limit $5

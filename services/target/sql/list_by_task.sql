-- Targets of one task in the order of their document, visible imports only.
-- read
-- $1 site int4
-- $2 task uuid
-- $3 after_place int4       0 = from the beginning
-- $4 row_max int4
select t.target_id, t.task_id, t.metric, t.comparator, t.number, t.unit, t.phrase, t.first_line, t.last_line, t.version,
       t.row_no, t.category, t.sub_item, t.shares as _shares, t.place as _place
  from target.target t
  join target.import m on m.site_id = t.site_id and m.import_id = t.import_id
 where t.site_id = $1 and t.task_id = $2 and t.place > $3 and m.shown
 order by t.place
 limit $4

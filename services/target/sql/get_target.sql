-- One target of a visible import.
-- read
-- $1 site int4
-- $2 target uuid
select t.target_id, t.task_id, t.metric, t.comparator, t.number, t.unit, t.phrase, t.first_line, t.last_line, t.version,
       t.row_no, t.category, t.sub_item, t.shares as _shares
  from target.target t
  join target.import m on m.site_id = t.site_id and m.import_id = t.import_id
 where t.site_id = $1 and t.target_id = $2 and m.shown

-- One target, if the reader may see it.
-- read
-- $1 site int4
-- $2 unit int4            of the reader
-- $3 post int2
-- $4 leader int4          the leader the reader signs for; 0 = none
-- $5 target uuid
select t.target_id, t.task_id, t.metric, t.comparator, t.number, t.unit, t.phrase, t.first_line, t.last_line, t.version,
       t.row_no, t.category, t.sub_item, t.shares as _shares
  from target.target t
 where t.site_id = $1 and t.target_id = $5 and target.readable(t, $2, $3, $4)

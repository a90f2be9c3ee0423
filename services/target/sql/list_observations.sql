-- Observations of one target, newest month first, if the reader may see it.
-- read
-- $1 site int4
-- $2 unit int4              of the reader
-- $3 post int2
-- $4 leader int4            the leader the reader signs for; 0 = none
-- $5 target uuid
-- $6 after_period date      where the page begins; null = at the newest
-- $7 after_unit int4
-- $8 after_report uuid
-- $9 after_version int4
-- $10 after_place int4
-- $11 row_max int4
select o.target_id, to_char(o.period, 'YYYY-MM') as period, o.unit_id, o.number, o.source, o.report_id, o.report_version,
       o.recorded as recorded_ms, o.place as _place
  from target.observation o
 where o.site_id = $1 and o.target_id = $5
   and ($6::date is null or (o.period, o.unit_id, o.report_id, o.report_version, o.place)
                            < ($6::date, $7::int4, $8::uuid, $9::int4, $10::int4))
   and exists (select from target.target t
                where t.site_id = $1 and t.target_id = $5 and target.readable(t, $2, $3, $4))
 order by o.period desc, o.unit_id desc, o.report_id desc, o.report_version desc, o.place desc
 limit $11

-- Observations of one target of a visible import, newest month first.
-- read
-- $1 site int4
-- $2 target uuid
-- $3 after_period date       where the page begins; null = at the newest
-- $4 after_unit int4
-- $5 after_report uuid
-- $6 after_version int4
-- $7 after_place int4
-- $8 row_max int4
select o.target_id, to_char(o.period, 'YYYY-MM') as period, o.unit_id, o.number, o.source, o.report_id, o.report_version,
       o.recorded as recorded_ms, o.place as _place
  from target.observation o
 where o.site_id = $1 and o.target_id = $2
   and ($3::date is null or (o.period, o.unit_id, o.report_id, o.report_version, o.place)
                            < ($3::date, $4::int4, $5::uuid, $6::int4, $7::int4))
   and exists (select from target.target t join target.import m on m.site_id = t.site_id and m.import_id = t.import_id
                where t.site_id = $1 and t.target_id = $2 and m.shown)
 order by o.period desc, o.unit_id desc, o.report_id desc, o.report_version desc, o.place desc
 limit $8

-- Takes the figures of an approved report, once per event; figures for targets nobody imported are left out and counted.
-- $1 site int4
-- $2 event uuid
-- $3 observations jsonb      a list of bihuan.v1.Observation
-- $4 recorded timestamptz
with fresh as (
    insert into target.inbox values ($1, $2) on conflict do nothing returning site_id
), figure as materialized (
    select f.site_id, o.*, t.target_id is not null as is_known
      from fresh f
     cross join rows from (jsonb_to_recordset($3)
                               as (target_id uuid, period text, unit_id int4, number numeric, source text, report_id uuid,
                                   report_version int4)) with ordinality
                as o (target, period, unit, number, source, report, version, place)
      left join target.target t on t.site_id = f.site_id and t.target_id = o.target
), taken as (
    insert into target.observation (site_id, target_id, period, unit_id, report_id, report_version, place, number, source,
                                    recorded)
    select site_id, target, to_date(period, 'YYYY-MM'), unit, report, version, place, number, source, $4
      from figure where is_known
)
select count(*) filter (where is_known)::int4 as recorded, count(*) filter (where not is_known)::int4 as unknown from figure

-- Says that an instance of the service runs where it does, for a while, and asks where the others are.
-- $1 site int4
-- $2 service text
-- $3 endpoint text
-- $4 lease_ms int4
-- $5 row_max int4
with held as (
    insert into bihuan.place values ($1, $2, $3, clock_timestamp() + $4 * interval '1 ms')
    on conflict (site_id, service, endpoint) do update set until = excluded.until
), gone as (
    delete from bihuan.place
     where site_id = $1 and service = $2 and endpoint <> $3 and until < clock_timestamp() - interval '1 day'
)
select endpoint
  from bihuan.place
 where site_id = $1 and service = $2 and endpoint <> $3 and until > clock_timestamp()
 order by endpoint
 limit $5

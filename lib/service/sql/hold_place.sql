-- Says that an instance of the service runs where it does, for a while, and asks where the others are.
-- $1 site int4
-- $2 service text
-- $3 endpoint text
-- $4 public_key text
-- $5 lease_ms int4
-- $6 row_max int4
with held as (
    insert into bihuan.place values ($1, $2, $3, $4, clock_timestamp() + $5 * interval '1 ms')
    on conflict (site_id, service, endpoint) do update set public_key = excluded.public_key, until = excluded.until
), gone as (
    delete from bihuan.place
     where site_id = $1 and service = $2 and endpoint <> $3
       and until not between clock_timestamp() - interval '1 day' and clock_timestamp() + interval '1 day'
)
select endpoint, public_key
  from bihuan.place
 where site_id = $1 and service = $2 and endpoint <> $3 and until > clock_timestamp()
 order by endpoint
 limit $6

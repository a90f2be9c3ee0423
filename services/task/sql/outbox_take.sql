-- The oldest events that may go, for the one instance that holds the lease. An event waits for the earlier ones of its
-- object; an idle outbox costs no write.
-- $1 site int4
-- $2 holder uuid
-- $3 lease_ms int4
-- $4 row_max int4
with lease as materialized (
    insert into task.outbox_lease as l (site_id, holder, until)
    select $1, $2, clock_timestamp() + $3 * interval '1 ms'
     where exists (select from task.outbox where site_id = $1 and not_before <= clock_timestamp())
    on conflict (site_id) do update set holder = excluded.holder, until = excluded.until
     where l.holder = excluded.holder or l.until < clock_timestamp()
    returning l.site_id
)
select o.id, o.object_id::text as object_id, o.event_id::text as event_id, o.method, o.payload, o.tries, o.refusals
  from task.outbox o
  join lease on lease.site_id = o.site_id
 where o.not_before <= clock_timestamp()
   and not exists (select from task.outbox p where p.site_id = o.site_id and p.object_id = o.object_id and p.id < o.id
                      and p.not_before > clock_timestamp())
 order by o.id
 limit $4

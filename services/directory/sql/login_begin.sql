-- Counts an attempt to log in, before the password is looked at, and reads what it needs. wait_ms > 0: too many attempts.
-- Attempts that are refused do not prolong the wait; the first of them leaves an audit entry, unless nobody has the login.
-- $1 site_id int4
-- $2 slot int4
-- $3 login text
-- $4 now timestamptz
-- $5 attempts_max int4
-- $6 wait_ms int8
-- $7 body bytea
with person as (
    select site_id, user_id, password from directory.person where site_id = $1 and login = $3 and not disabled
), counted as (
    insert into directory.attempt as a (site_id, slot, failures, last) values ($1, $2, 1, $4)
    on conflict (site_id, slot) do update
       set failures = case when a.last + $6 * interval '1 ms' <= $4 then 1 else a.failures + 1 end,
           last = case when a.failures < $5 or a.last + $6 * interval '1 ms' <= $4 then $4 else a.last end
     where a.failures <= $5 or a.last + $6 * interval '1 ms' <= $4
    returning failures > $5 as is_refused
), logged as (
    select audit.append(array_agg(site_id), array_agg($7 || decode(repeat('00', 32), 'hex')))
      from person where exists (select from counted where is_refused)
)
select p.user_id, p.password,
       case when exists (select from counted where not is_refused) then 0
            else (select greatest(1, $6 - (extract(epoch from $4 - a.last) * 1000)::int8)
                    from directory.attempt a where a.site_id = $1 and a.slot = $2) end as wait_ms
  from logged left join person p on true

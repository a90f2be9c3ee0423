-- Moves the service's day and answers whether its month was not yet looked through today.
-- $1 site int4
-- $2 day date
with turned as (
    insert into progress.today as t (site_id, day)
    select $1, $2 where not exists (select from progress.today where site_id = $1 and day = $2)
    on conflict (site_id) do update set day = excluded.day
)
select not exists (select from progress.today where site_id = $1 and opened_day >= $2) as is_new

-- Holds the store connection for a while.
-- $1 id uuid[]
-- $2 seconds text[]
-- combine: $1
select ord, 0 as outcome, count(*) over () as size, pg_sleep(seconds::float8)::text as nap
  from unnest($1, $2) with ordinality as t (id, seconds, ord)

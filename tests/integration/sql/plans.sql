-- How often a plan was made or taken for a statement that this connection holds.
-- replan
-- $1 name text
select coalesce(sum(generic_plans + custom_plans), 0)::int8 as plans from pg_prepared_statements where name = $1

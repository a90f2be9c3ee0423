-- Sets an event aside that no receiver accepts, so that the later ones of its object can go.
-- $1 site int4
-- $2 id int8
-- $3 error text
with gone as (
    delete from task.outbox where site_id = $1 and id = $2 returning *
)
insert into task.outbox_dead select *, $3 from gone

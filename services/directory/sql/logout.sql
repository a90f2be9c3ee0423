-- Ends a session.
-- $1 site_id int4
-- $2 token_hash bytea
-- $3 body bytea
with ended as (
    delete from directory.session where site_id = $1 and token_hash = $2 returning site_id, leaf_hash
)
select audit.append(array_agg(site_id), array_agg($3 || leaf_hash)) from ended

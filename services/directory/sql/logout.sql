-- Ends a session.
-- $1 site_id int4
-- $2 token_hash bytea
delete from directory.session where site_id = $1 and token_hash = $2

-- Whose login this is.
-- $1 site_id int4
-- $2 login text
-- read
select user_id from directory.person where site_id = $1 and login = $2

-- Entries that wait for the sequencer, as far as $2.
-- $1 site_id int4
-- $2 most int4
-- read
select count(*) as n from (select from audit.pending where site_id = $1 limit $2) p

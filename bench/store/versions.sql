-- The versions of all legs, in order.
-- read
select version from leg where site_id = 1 order by leg_id

-- A page of people: one when $2 is given, else those after $3, with a post in unit $5 when that is not 0.
-- $1 site_id int4
-- $2 user_id int4
-- $3 after int4
-- $4 page_size int4
-- $5 unit_id int4
-- read
select p.user_id, p.login, p.name, p.disabled, p.version
  from directory.person p
 where p.site_id = $1 and p.user_id > $3 and ($2 is null or p.user_id = $2)
   and ($5 = 0 or exists (select from directory.post_grant g
                           where g.site_id = p.site_id and g.user_id = p.user_id and g.unit_id = $5
                             and g.revoked_version is null))
 order by p.user_id limit $4

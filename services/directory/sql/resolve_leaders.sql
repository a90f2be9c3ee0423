-- The leader of each name, in order; 0 where no leader, or more than one, has that name.
-- $1 site_id int4
-- $2 today date
-- $3 names text[]
-- read
select coalesce(case when count(distinct p.user_id) = 1 then min(p.user_id) end, 0) as user_id
  from unnest($3) with ordinality n(name, ord)
  left join (directory.post_grant g join directory.person p
             on p.site_id = g.site_id and p.user_id = g.user_id and not p.disabled)
    on g.site_id = $1 and g.post = 6 and g.leader_id = g.user_id and g.revoked_version is null
   and $2 between g.first_day and coalesce(g.last_day, 'infinity')
   and directory.fold(p.name) = directory.fold(n.name)
 group by n.ord order by n.ord

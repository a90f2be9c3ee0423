-- Posts of people that are or will be in force; only those in unit $4 when that is not null.
-- $1 site_id int4
-- $2 user_ids int4[]
-- $3 today date
-- $4 unit_id int4
-- read
select g.user_id as _user_id, g.version as _version, g.first_day <= $3 as _is_current,
       g.unit_id, coalesce(u.name, '') as unit_name, g.post, g.leader_id, g.first_day, g.last_day
  from directory.post_grant g
  left join directory.unit u on u.site_id = g.site_id and u.unit_id = g.unit_id
 where g.site_id = $1 and g.user_id = any($2) and g.revoked_version is null
   and coalesce(g.last_day, 'infinity') >= $3 and ($4 is null or g.unit_id = $4)
 order by g.user_id, g.version

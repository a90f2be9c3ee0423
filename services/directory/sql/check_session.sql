-- Who holds a token now: no row when it is unknown, expired or idle for too long, the account closed, the post revoked or
-- not of this day. "Seen" moves in steps, so that most checks write nothing.
-- $1 site_id int4
-- $2 token_hash bytea
-- $3 now timestamptz
-- $4 today date
-- $5 idle_ms int8
with found as materialized (
    select p.user_id, g.unit_id, g.post, g.leader_id, p.login, s.seen
      from directory.session s
      join directory.person p on p.site_id = s.site_id and p.user_id = s.user_id
      join directory.post_grant g on g.site_id = s.site_id and g.user_id = s.user_id and g.version = s.grant_version
     where s.site_id = $1 and s.token_hash = $2 and s.expires > $3 and s.seen > $3 - $5 * interval '1 ms'
       and not p.disabled and g.revoked_version is null
       and $4 between g.first_day and coalesce(g.last_day, 'infinity')
), touched as (
    update directory.session s set seen = $3 from found f
     where s.site_id = $1 and s.token_hash = $2 and f.seen < $3 - least($5 / 10, 60000) * interval '1 ms'
)
select user_id, unit_id, post, leader_id, login from found

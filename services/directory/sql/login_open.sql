-- Opens a session in a post; no row when the account or the post is gone meanwhile. Clears the failed attempts.
-- $1 site_id int4
-- $2 user_id int4
-- $3 grant_version int4
-- $4 token_hash bytea
-- $5 now timestamptz
-- $6 expires timestamptz
-- $7 slot int4
-- $8 body bytea
with opened as (
    insert into directory.session (site_id, token_hash, user_id, grant_version, seen, expires, leaf_hash)
    select p.site_id, $4, p.user_id, g.version, $5, $6,
           sha256('\x00'::bytea || $8 || decode(repeat('00', 32), 'hex'))
      from directory.person p
      join directory.post_grant g on g.site_id = p.site_id and g.user_id = p.user_id and g.version = $3
     where p.site_id = $1 and p.user_id = $2 and not p.disabled and g.revoked_version is null
    returning site_id, user_id
), cleared as (
    delete from directory.attempt a using opened where a.site_id = $1 and a.slot = $7
), logged as (
    select audit.append(array_agg(site_id), array_agg($8 || decode(repeat('00', 32), 'hex'))) from opened
)
select user_id from opened cross join logged

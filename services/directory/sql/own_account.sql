-- What ChangePassword needs: the login, the version, and the version the same command made before, if it did.
-- $1 site_id int4
-- $2 user_id int4
-- $3 key uuid
-- $4 fingerprint bytea
-- read
select p.login, p.version, k.version as done_version
  from directory.person p
  left join directory.idem k on k.site_id = p.site_id and k.key = $3 and k.fingerprint = $4
 where p.site_id = $1 and p.user_id = $2 and not p.disabled

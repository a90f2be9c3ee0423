-- Which of these files are registered, by whomever.
-- read
-- $1 site int4
-- $2 digests text[]    hex
select encode(d.digest, 'hex') as digest
  from (select decode(unnest($2), 'hex')) as d (digest)
 where exists (select from progress.evidence v where v.site_id = $1 and v.digest = d.digest)

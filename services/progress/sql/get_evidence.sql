-- What is known of a file, for whoever may read it: as the reader's own unit uploaded it, else as the first one did.
-- read
-- $1 site int4
-- $2 digest bytea
-- $3 unit int4            of the reader
-- $4 leader int4          the leader the reader signs for; 0 = none
-- $5 reads_all bool
select encode(v.digest, 'hex') as digest, v.size, v.name, v.media_type, v.login as uploaded_by, v.uploaded as uploaded_ms
  from progress.evidence v
 where v.site_id = $1 and v.digest = $2 and ($5 or progress.evidence_readable($1, $2, $3, $4))
 order by v.unit_id <> $3, v.uploaded, v.unit_id
 limit 1

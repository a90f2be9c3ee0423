-- For each run of kept hashes, in order: the hashes of one height side by side, as one value.
-- $1 site_id int4
-- $2 heights int4[]
-- $3 firsts text[]
-- $4 counts int4[]
-- read
select (select string_agg(h.hash, ''::bytea order by h.idx)
          from (select e.idx, e.leaf_hash as hash from audit.entry e
                 where r.height = 0 and e.site_id = $1 and e.idx >= r.first and e.idx < r.first + r.n
                union all
                select s.idx, s.hash from audit.subtree s
                 where s.site_id = $1 and s.height = r.height and s.idx >= r.first and s.idx < r.first + r.n) h) as hashes
  from unnest($2, $3::int8[], $4) with ordinality r(height, first, n, ord)
 order by r.ord

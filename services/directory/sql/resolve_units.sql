-- The unit of each name, in order; zeros and empty texts where no unit is spelt so.
-- $1 site_id int4
-- $2 today date
-- $3 names text[]
-- read
select u.unit_id, u.name, u.kind, u.office_unit_id, u.version,
       coalesce(directory.members_on(u.site_id, u.unit_id, $2), '{}') as member_unit_ids,
       array(select a.written from directory.spelling a
              where a.site_id = u.site_id and a.unit_id = u.unit_id and a.written <> u.name
              order by a.written) as aliases
  from unnest($3) with ordinality n(name, ord)
  left join directory.spelling s on s.site_id = $1 and s.folded = directory.fold(n.name)
  left join directory.unit u on u.site_id = s.site_id and u.unit_id = s.unit_id
 order by n.ord

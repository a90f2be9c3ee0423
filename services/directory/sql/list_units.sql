-- A page of units: one when $3 is given, else those after $4. Members are of the day $2.
-- $1 site_id int4
-- $2 today date
-- $3 unit_id int4
-- $4 after int4
-- $5 page_size int4
-- read
select u.unit_id, u.name, u.kind, u.office_unit_id, u.version,
       coalesce(directory.members_on(u.site_id, u.unit_id, $2), '{}') as member_unit_ids,
       array(select s.written from directory.spelling s
              where s.site_id = u.site_id and s.unit_id = u.unit_id and s.written <> u.name
              order by s.written) as aliases
  from directory.unit u
 where u.site_id = $1 and u.unit_id > $4 and ($3 is null or u.unit_id = $3)
 order by u.unit_id limit $5

-- Numbers for a new unit and a new person; one that is not used is lost.
-- $1 is_unit bool
select case when $1 then nextval('directory.unit_id') else nextval('directory.user_id') end::int4 as id

-- A column that the message Every does not have.
-- read
select 1 as no_such_field

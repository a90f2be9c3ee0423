-- Runs a statement of the test's choice that changes nothing.
-- read
-- $1 statement text
select attempt($1) as answer

-- Runs a statement of the test's choice that changes nothing.
-- read
-- $1 statement text
select run_text($1) as answer

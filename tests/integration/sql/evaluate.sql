-- Runs a statement of the test's choice and answers its text.
-- $1 statement text
select run_text($1) as answer

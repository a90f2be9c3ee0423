-- Runs a statement of the test's choice and answers its text.
-- $1 statement text
select attempt($1) as answer

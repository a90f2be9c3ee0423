-- Each member runs a statement of the test's choice, in the set's one statement.
-- $1 id uuid[]
-- $2 statement text[]
-- combine: $1
select ord, 0 as outcome, count(*) over () as size, attempt(statement) as answer
  from unnest($1, $2) with ordinality as t (id, statement, ord)

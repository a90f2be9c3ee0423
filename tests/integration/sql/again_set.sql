-- Leaves out the ordinals whose id is null, as a command whose object a twin keeps changing.
-- $1 id uuid[]
-- combine: $1
select ord, 0 as outcome from unnest($1) with ordinality as t (id, ord) where id is not null

-- The same in a set: one array a parameter.
-- $1 flag bool[]
-- $2 small int2[]
-- $3 medium int4[]
-- $4 large int8[]
-- $5 words text[]
-- $6 data bytea[]
-- $7 id uuid[]
-- $8 day date[]
-- $9 amount numeric[]
-- $10 doc json[]
-- $11 docb jsonb[]
-- $12 moment timestamptz[]
-- $13 units text[]
-- $14 tags text[]
-- combine: $7
select ord, 0 as outcome, flag, small, medium, large, words, data, id, day, amount, doc, docb, moment,
       units::int4[] as units, tags::text[] as tags
  from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) with ordinality
       as t (flag, small, medium, large, words, data, id, day, amount, doc, docb, moment, units, tags, ord)

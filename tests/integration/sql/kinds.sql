-- One value of every kind, there and back.
-- read
-- $1 flag bool
-- $2 small int2
-- $3 medium int4
-- $4 large int8
-- $5 words text
-- $6 data bytea
-- $7 id uuid
-- $8 day date
-- $9 amount numeric
-- $10 doc json
-- $11 docb jsonb
-- $12 moment timestamptz
-- $13 units int4[]
-- $14 tags text[]
select $1 as flag, $2 as small, $3 as medium, $4 as large, $5 as words, $6 as data, $7 as id, $8 as day,
       $9 as amount, $10 as doc, $11 as docb, $12 as moment, $13 as units, $14 as tags

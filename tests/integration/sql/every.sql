-- A row for the message Every of tests/proto.
-- read
select 7 as small_number, -8::int8 as big_number, true as is_true, 2::int2 as colour, '文' as text,
       '\x0001'::bytea as digest, array[3, null_free]::int4[] as numbers, array['甲', ''] as texts,
       '{}'::bool[] as flags, 5 as chosen_number, null::text as line_1_text, 1 as _row, 'x' as outcome
  from (values (4)) as t (null_free)

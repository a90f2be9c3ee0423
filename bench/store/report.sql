-- A progress report as a command in a set.
-- $1 site int4[]
-- $2 key uuid[]
-- $3 hash bytea[]
-- $4 leg uuid[]
-- $5 expected int8[]
-- $6 allowed int4[]
-- $7 now_ms int8[]
-- $8 value numeric[]
-- $9 words text[]
-- $10 leaf bytea[]
-- $11 payload bytea[]
-- combine: $4
with input as materialized (
    select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) with ordinality
        as t (site_id, key, hash, leg_id, expected, allowed, now_ms, value, words, leaf, payload, ord)
), checked as materialized (
    select i.*, coalesce(k.version, l.version) as known,
           case when k.hash = i.hash then 4
                when k.hash is not null then 5
                when l.leg_id is null then 1
                when i.allowed & (1 << l.state) = 0 then 3
                when l.version <> i.expected then 2
                else 0 end as outcome
      from input i
      left join command k on k.site_id = i.site_id and k.key = i.key
      left join leg l on l.site_id = i.site_id and l.leg_id = i.leg_id
), changed as (
    update leg l set version = l.version + 1, updated_ms = c.now_ms
      from checked c
     where c.outcome = 0 and l.site_id = c.site_id and l.leg_id = c.leg_id and l.version = c.expected
       and c.allowed & (1 << l.state) <> 0
    returning c.*, l.version
), kept as (
    insert into command (site_id, key, hash, leg_id, version) select site_id, key, hash, leg_id, version from changed
), reported as (
    insert into report (site_id, leg_id, version, value, words)
    select site_id, leg_id, version, value, words from changed
), audited as (
    insert into entry (site_id, leaf) select site_id, leaf from changed
), told as (
    insert into event (site_id, payload) select site_id, payload from changed
)
select ord, 0 as outcome, version from changed
union all
select ord, outcome, known from checked where outcome <> 0

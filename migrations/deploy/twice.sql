-- Deploy twice: a unit is named once in a draft, in one list as in two.
begin;
set local role bihuan_task_owner;

-- {15, unit} where a draft names a unit more than once as lead, co-unit or county unit.
create or replace function task.doubled(draft jsonb) returns int4[]
language plpgsql immutable as $$
begin
    return (
        select array[15, unit_id::int4]
          from (select draft -> 'lead_unit_id'
                union all select jsonb_array_elements(draft -> 'co_unit_ids')
                union all select jsonb_array_elements(draft -> 'county_unit_ids')) x(unit_id)
         where unit_id <> '0'
         group by unit_id having count(*) > 1
         order by unit_id limit 1);
end $$;

-- As before: whether any draft of a list names what will not do; which one, task.misnamed says.
create or replace function task.any_misnamed(site int4, list jsonb, day date) returns bool
language plpgsql stable as $$
begin
    return (
        select directory.misnamed(site, array_agg(distinct p.id) filter (where p.part in ('co_unit_ids', 'county_unit_ids')),
                                  array_agg(distinct p.id) filter (where p.part = 'lead_unit_id'),
                                  array_agg(distinct p.id) filter (where p.part = 'leader_ids'), day) is not null
            or count(distinct (p.n, p.id)) filter (where p.part <> 'leader_ids')
               <> count(*) filter (where p.part <> 'leader_ids')
          from (select x.n, f.part, v.id::int4 as id
                  from jsonb_array_elements(list) with ordinality x(e, n),
                       unnest(array['lead_unit_id', 'co_unit_ids', 'county_unit_ids', 'leader_ids']) f(part),
                       -- One number is an array of one.
                       jsonb_array_elements('[]' || (x.e -> 'draft' -> f.part)) v(id)
                 where v.id <> '0' or f.part <> 'lead_unit_id') p);
end $$;
commit;

-- Deploy horizon: whoever looks for a task's moves opens the years in which there can be some, not all of them.
begin;
set local role bihuan_task_owner;

-- As before: what is true of a task, somebody and a move of it. Moves are written by several clocks: one that is behind
-- that of who made the task is no reason to overlook a move. None is a year wrong, as no request id would do for it.
create or replace function task.facts(t task.task, actor int4, unit int4, post int2, leader int4, other_unit int4, new_unit int4,
                           about int2, item uuid, number int4, digests text[], day date, today date, now_ms int8,
                           wanted int8)
returns table (facts int8, own_leg int2, other_leg int2)
language sql stable as $$
    select
        case when unit = t.office_unit then 1::int8 << 0 else 0 end
        | case when unit = t.lead_unit then 1::int8 << 1 else 0 end
        | case when l.own_leg is not null then 1::int8 << 2 else 0 end
        | case when l.own_role = 1 then 1::int8 << 3 else 0 end
        | case when leader = any(t.leader_ids) then 1::int8 << 4 else 0 end
        | case when case when t.is_key then leader = any(t.leader_ids) else unit = t.office_unit and post = 5 end
               then 1::int8 << 5 else 0 end
        | case when e.drafted then 1::int8 << 6 else 0 end
        | case when t.issuer = actor then 1::int8 << 7 else 0 end
        | case when e.acted or reports & 2 <> 0 then 1::int8 << 8 else 0 end
        | case when actor = any(t.verifiers) then 1::int8 << 9 else 0 end
        | case when actor = any(t.closing_verifiers) then 1::int8 << 10 else 0 end
        | case when leader = any(t.signed_leaders) then 1::int8 << 11 else 0 end
        | case when t.leader_ids <@ (t.signed_leaders || leader) then 1::int8 << 12 else 0 end
        | case when not t.is_key or cardinality(t.verifiers) > 0 then 1::int8 << 13 else 0 end
        | case when t.lead_unit is not null then 1::int8 << 14 else 0 end
        | case when t.deadline is not null then 1::int8 << 15 else 0 end
        | case when t.result <> '' then 1::int8 << 16 else 0 end
        | case when c.settled then 1::int8 << 17 else 0 end
        | case when l.collectives_settled then 1::int8 << 18 else 0 end
        | case when k.state = 1 then 1::int8 << 19 else 0 end
        | case when k.writer = actor then 1::int8 << 20 else 0 end
        | case when l.co_settled then 1::int8 << 21 else 0 end
        | case when m.done then 1::int8 << 22 else 0 end
        | case when ch.done then 1::int8 << 23 else 0 end
        | case when ch.own_done then 1::int8 << 24 else 0 end
        | case when reports & 1 <> 0 then 1::int8 << 25 else 0 end
        | case when today <= coalesce(t.deadline, 'infinity') then 1::int8 << 26 else 0 end
        | case when a.open then 1::int8 << 27 else 0 end
        | case when a.found then 1::int8 << 28 else 0 end
        | case when a.own then 1::int8 << 29 else 0 end
        | case when today <= l.own_acknowledge_by then 1::int8 << 30 else 0 end
        | case when l.other_late then 1::int8 << 31 else 0 end
        | case when now_ms - l.other_urged_ms < 86400000 then 1::int8 << 32 else 0 end
        | case when l.new_unit_has_leg then 1::int8 << 33 else 0 end
        | case when cardinality(t.verifiers) > 0 then 1::int8 << 34 else 0 end
        | case when case about when 7 then c.ready when 8 then l.collective_ready when 9 then ch.ready
                    when 10 then m.left when 11 then m.ready when 12 then m.ready when 13 then m.ready end
               then 1::int8 << 35 else 0 end
        | case when m.by_actor then 1::int8 << 36 else 0 end
        | case when cardinality(digests) > 0 and progress.evidence_citable(t.site_id, unit, digests)
               then 1::int8 << 37 else 0 end
        | case when unit = t.office_unit or l.own_leg is not null and t.state >= 3 then 1::int8 << 38 else 0 end
        | case when case when a.found_kind >= 4 and t.is_key then leader = any(t.leader_ids)
                         else unit = t.office_unit and post = 5 end then 1::int8 << 39 else 0 end
        | case when reports & 4 <> 0 then 1::int8 << 40 else 0 end
        | case when cardinality(t.leader_ids) > 0 then 1::int8 << 41 else 0 end
        | case when l.other_leads then 1::int8 << 42 else 0 end
        | case when l.take_over_open then 1::int8 << 43 else 0 end
        -- Whoever only asks names no day: one will do.
        | case when coalesce(facts.day, a.found_day, 'infinity') > t.deadline then 1::int8 << 44 else 0 end
        | case when coalesce(facts.day, a.found_day, 'infinity') >= today then 1::int8 << 45 else 0 end
        -- Asked of drafts only.
        | case when t.state > 2 or wanted & (1::int8 << 46) = 0 then 0
               when directory.misnamed(t.site_id, l.units, array_remove(array[t.lead_unit], null), '{}', today) is null
               then 1::int8 << 46 else 0 end
        | case when t.state > 2 or wanted & (1::int8 << 47) = 0 then 0
               when directory.misnamed(t.site_id, '{}', '{}', t.leader_ids, today) is null
               then 1::int8 << 47 else 0 end,
        l.own_leg, l.other_leg
    from (
        select max(state) filter (where leg.unit_id = unit and state <> 8) as own_leg,
               max(role) filter (where leg.unit_id = unit and state <> 8) as own_role,
               max(acknowledge_by) filter (where leg.unit_id = unit and state <> 8) as own_acknowledge_by,
               max(state) filter (where leg.unit_id = facts.other_unit) as other_leg,
               max(urged_ms) filter (where leg.unit_id = facts.other_unit) as other_urged_ms,
               array_agg(leg.unit_id) as units,
               bool_or(leg.unit_id = facts.other_unit and today > case state when 1 then acknowledge_by
                       when 2 then t.deadline else t.answer_by end) as other_late,
               bool_or(leg.unit_id = new_unit and state <> 8) as new_unit_has_leg,
               bool_or(leg.unit_id = facts.other_unit and role = 1) as other_leads,
               bool_or(leg.replaces_unit = facts.other_unit and state = 1) as take_over_open,
               bool_or(leg.unit_id = facts.other_unit and is_collective and role <> 1) as collective_ready,
               coalesce(bool_and(role = 1 or state in (4, 6, 8) or state = 5 and overruled), true) as co_settled,
               case when wanted & (1::int8 << 18) = 0 then false else coalesce(bool_and(
                   not is_collective or waived_by <> 0
                   or exists (select from directory.members(leg.site_id, leg.unit_id, today))
                   or exists (select from task.named_member n where n.site_id = leg.site_id
                                 and n.task_id = leg.task_id and n.collective = leg.unit_id)), true)
               end as collectives_settled
          from task.leg where leg.site_id = t.site_id and leg.task_id = t.task_id
    ) l, lateral (
        select coalesce(bool_or(user_id = actor and move in ('CREATE', 'REVISE', 'SET', 'SUBMIT')), false) as drafted,
               coalesce(bool_or(user_id = actor and unit_id <> t.office_unit and event.post in (1, 2)), false) as acted
          from task.event
         where event.site_id = t.site_id and event.task_id = t.task_id
           and event.time_ms between t.created_ms - 366 * 86400000::int8 and now_ms + 366 * 86400000::int8
           and wanted & ((1::int8 << 6) | (1::int8 << 8)) <> 0
    ) e, lateral (
        select coalesce(bool_and(covered or waived_by <> 0), true) as settled,
               coalesce(bool_or((number = 0 or clause_no = number) and not covered and waived_by = 0), false) as ready
          from task.clause where clause.site_id = t.site_id and clause.task_id = t.task_id
           and (wanted & (1::int8 << 17) <> 0 or about = 7)
    ) c, lateral (
        select max(state) as state, max(writer) as writer
          from task.closure where closure.site_id = t.site_id and closure.task_id = t.task_id
           and closure.closure_no = t.closure_no
    ) k, lateral (
        select coalesce(bool_and(state >= 4), true) as done,
               coalesce(bool_or((number = 0 or milestone_no = number) and state < 4), false) as left,
               coalesce(bool_or((number = 0 or milestone_no = number) and state = about - 10), false) as ready,
               coalesce(bool_or(milestone_no = number and moved_by = actor), false) as by_actor
          from task.milestone where milestone.site_id = t.site_id and milestone.task_id = t.task_id
           and (wanted & (1::int8 << 22) <> 0 or about >= 10)
    ) m, lateral (
        select coalesce(bool_and(settled), true) as done,
               coalesce(bool_and(settled or child.parent_unit <> unit), true) as own_done,
               coalesce(bool_or(not settled and child.task_id = coalesce(item, child.task_id)
                                -- A child whose unit no longer acts answers to the lead.
                                and (child.parent_unit = unit or unit = t.lead_unit and not exists (
                                    select from task.leg w where w.site_id = t.site_id and w.task_id = t.task_id
                                       and w.unit_id = child.parent_unit and w.state not in (6, 8)))), false) as ready
          from task.task child, lateral (
                   select child.state in (8, 9) or exists (
                       select from task.child_waiver w where w.site_id = child.site_id and w.task_id = child.parent_id
                          and w.child_id = child.task_id) as settled) s
         where child.site_id = t.site_id and child.parent_id = t.task_id
           and (wanted & ((1::int8 << 23) | (1::int8 << 24)) <> 0 or about = 9)
    ) ch, lateral (
        select coalesce(bool_or(state = 1 and kind = about and (kind > 3 or application.unit_id = unit)), false) as open,
               coalesce(bool_or(picked), false) as found,
               coalesce(bool_or(picked and writer = actor and (item is not null or wanted & (1::int8 << 29) <> 0)),
                        false) as own,
               max(kind) filter (where picked) as found_kind,
               max(application.day) filter (where picked and kind = 2) as found_day
          from task.application, lateral (
                   select state = 1 and (about = 6 or kind = about)
                          and application_id = coalesce(item, application_id) as picked) p
         where application.site_id = t.site_id and application.task_id = t.task_id and about between 1 and 6
    ) a, lateral (
        select case when wanted & ((1::int8 << 8) | (1::int8 << 25) | (1::int8 << 40)) = 0 then 0
                    else progress.report_facts(t.site_id, t.task_id, actor, unit) end as reports
    ) r
$$;
commit;

-- Any move of a task, for a set of commands: check id, version, states and facts; change the task, its legs, the thing
-- the move is about; write history, audit entry, id and event. The rules come as masks from lib/domain/moves.def.
-- A correction of a draft that changes nothing (10) leaves its id only.
-- combine: $3
-- $1 site int4[]
-- $2 key uuid[]
-- $3 task uuid[]
-- $4 version int4[]
-- $5 fingerprint bytea[]
-- $6 body bytea[]
-- $7 move text[]
-- $8 states int4[]
-- $9 leg_of int2[]
-- $10 leg_states int4[]
-- $11 needs int8[]
-- $12 forbids int8[]
-- $13 next int2[]
-- $14 next_if int8[]
-- $15 leg_next int2[]
-- $16 legs int2[]
-- $17 closure int2[]
-- $18 application int2[]
-- $19 about int2[]
-- $20 actor int4[]
-- $21 login text[]
-- $22 unit int4[]
-- $23 post int2[]
-- $24 leader int4[]
-- $25 other_unit int4[]
-- $26 new_unit int4[]
-- $27 item uuid[]
-- $28 number int4[]
-- $29 units text[]
-- $30 note text[]
-- $31 result text[]
-- $32 day date[]
-- $33 digests text[]
-- $34 today date[]
-- $35 limit_day date[]
-- $36 now_ms int8[]
-- $37 list text[]
with inp as materialized (
    select * from unnest($1::int4[], $2::uuid[], $3::uuid[], $4::int4[], $5::bytea[], $6::bytea[], $7::text[], $8::int4[],
        $9::int2[], $10::int4[], $11::int8[], $12::int8[], $13::int2[], $14::int8[], $15::int2[], $16::int2[], $17::int2[],
        $18::int2[], $19::int2[], $20::int4[], $21::text[], $22::int4[], $23::int2[], $24::int4[], $25::int4[], $26::int4[],
        $27::uuid[], $28::int4[], $29::text[], $30::text[], $31::text[], $32::date[], $33::text[], $34::date[],
        $35::date[], $36::int8[], $37::text[]) with ordinality
        as i(site_id, key, task_id, version, fingerprint, body, move, states, leg_of, leg_states, needs, forbids, next,
             next_if, leg_next, legs, closure, application, about, actor, login, unit, post, leader, other_unit, new_unit,
             item, number, units, note, result, day, digests, today, limit_day, now_ms, list, ord)
),
chk as materialized (
    select i.*, t.leaf_hash as previous, t.deadline as old_deadline, t.state as now_state, t.version as now_version, t.closure_no, t.lead_unit,
           f.facts, f.own_leg, f.other_leg, k.version as done_version, k.state as done_state,
           case i.leg_of when 1 then i.unit when 2 then i.other_unit end as leg_unit,
           case when i.next <> 0 and f.facts & i.next_if = i.next_if then i.next else t.state end as new_state,
           case when k.fingerprint = i.fingerprint then 4
                when k.key is not null then 5
                when t.task_id is null or task.readable(t, i.unit, i.post, i.leader) is not true then 1
                when t.version <> i.version then 2
                when held.version <> t.version then 9
                when i.states & (1 << t.state) = 0 or f.facts & i.needs <> i.needs
                     or f.facts & i.forbids <> 0
                     or i.leg_states <> 0 and i.leg_states & (1 << coalesce(case i.leg_of when 1 then f.own_leg
                                                                           else f.other_leg end, 0)) = 0 then 3
                when n.misnamed is not null then n.misnamed[1]
                when i.move in ('REVISE', 'SET') and r.draft is null then 10
                else 0 end as pre,
           n.misnamed[2] as misnamed, r.draft, r.changes, t as old
      from inp i
      left join task.idem k on k.site_id = i.site_id and k.key = i.key
      left join task.task t on t.site_id = i.site_id and t.task_id = i.task_id
      -- The doors must not answer before the task is held: a report that is being handed in holds it too.
      left join lateral (select version from task.task h where h.site_id = t.site_id and h.task_id = t.task_id
                            and k.key is null and t.version = i.version for update) held on true
      left join lateral task.facts(t, i.actor, i.unit, i.post, i.leader, i.other_unit, i.new_unit, i.about, i.item,
                                   i.number, i.digests::text[], i.day, i.today, i.now_ms, i.needs | i.forbids | i.next_if) f
             on t.task_id is not null and held.version = t.version
      left join lateral task.revised(t, case when held.version = t.version and i.move in ('REVISE', 'SET') then i.list::jsonb end) r on true
      left join lateral (
        select case when i.move = 'SPLIT_LEG' then task.misnamed(i.site_id, i.list::jsonb, i.today)
                    when i.move = 'REVISE' then coalesce(task.misnamed(i.site_id, jsonb_build_array(i.list::jsonb), i.today),
                                                         task.doubled(r.draft))
                    when i.move = 'REASSIGN' then directory.misnamed(i.site_id, '{}', array[i.new_unit], '{}', i.today)
                    when i.move = 'APPLY_RETURN' then directory.misnamed(i.site_id, '{}', array[i.other_unit], '{}', i.today)
                    when i.legs = 6 then task.legless(t, i.units::int4[])
                    when i.move = 'NAME_MEMBERS' then directory.misnamed(i.site_id, '{}', i.units::int4[], '{}', i.today)
               end as misnamed) n on held.version = t.version
),
-- The application decided here: what it asked for takes effect.
asked as materialized (
    select c.ord, a.kind, coalesce(c.day, a.day) as day, a.result
      from chk c join task.application a on a.site_id = c.site_id and a.application_id = c.item
     where c.pre = 0 and c.application = 2
),
upd as (
    update task.task t
       set version = t.version + 1,
           leaf_hash = sha256('\x00'::bytea || c.body || c.previous),
           state = c.new_state,
           issuer = case when c.move = 'ISSUE' then c.actor else t.issuer end,
           no = coalesce(d.no, t.no),
           text = coalesce(d.text, t.text),
           is_key = coalesce(d.is_key, t.is_key),
           leader_ids = coalesce(d.leader_ids, t.leader_ids),
           first_line = coalesce(d.first_line, t.first_line),
           last_line = coalesce(d.last_line, t.last_line),
           also_at = coalesce(d.also_at, t.also_at),
           deadline = case when c.draft is not null then nullif(d.deadline, '')::date
                           when c.move = 'RESUME' then coalesce(c.day, t.deadline)
                           when a.kind = 2 then a.day else t.deadline end,
           result = coalesce(d.result, case when a.kind = 4 then a.result end, t.result),
           suspended_on = case when c.new_state = 5 then coalesce(t.suspended_on, c.today) end,
           review_day = case when c.new_state <> 5 then null when t.state = 5 then t.review_day else coalesce(a.day, c.day) end,
           closure_no = case when c.closure = 1 then t.closure_no + 1 else t.closure_no end,
           answer_by = case when c.closure = 1 then c.limit_day when c.closure in (3, 4) or c.move = 'REOPEN' then null
                            else t.answer_by end,
           verifiers = case when c.closure = 5 then t.verifiers || c.actor
                            when c.closure in (2, 3, 4) or c.move = 'REOPEN' then '{}' else t.verifiers end,
           signed_leaders = case when c.closure = 6 then t.signed_leaders || c.leader
                                 when c.closure in (2, 3, 4) or c.move = 'REOPEN' then '{}' else t.signed_leaders end,
           closing_verifiers = case when c.closure = 6 then t.verifiers else t.closing_verifiers end,
           lead_unit = case when c.draft is not null then nullif(d.lead_unit_id, 0)
                            when c.legs = 2 and c.facts & 8 <> 0 then c.unit else t.lead_unit end
      from chk c left join asked a using (ord)
      left join lateral jsonb_to_record(c.draft) d(no text, text text, result text, deadline text, is_key bool,
                                                   lead_unit_id int4, leader_ids int4[], first_line int4, last_line int4,
                                                   also_at jsonb)
             on true
     where c.pre = 0 and t.site_id = c.site_id and t.task_id = c.task_id and t.version = c.version
    returning c.ord, t.version, t.state, t.closure_no, t.deadline, t as new
),
go as materialized (
    select c.*, u.version as new_version, u.closure_no as new_closure_no, u.deadline,
           coalesce(c.changes, task.differences(c.old, u.new) || task.said(c.legs, c.units::int4[], c.closure, c.result)) as told
      from upd u join chk c using (ord)
),
legs_changed as (
    update task.leg l
       set state = case
               when g.legs = 8 or g.legs = 2 and g.replaced_unit = l.unit_id then 8
               -- Who waited to take over and is passed over had nothing yet.
               when g.legs = 3 and l.unit_id = g.other_unit and l.replaces_unit is not null then 8
               when g.legs = 7 and g.new_state = 8 then case when l.state = 1 then 8 else 7 end
               when g.legs = 6 and l.state <> 1 and (l.role = 1 or l.unit_id = any(g.units::int4[])) then 2
               when l.unit_id = g.leg_unit and g.leg_next <> 0 then g.leg_next
               when g.legs in (4, 6) and l.state in (4, 5, 7) then 3
               when g.legs = 1 and l.is_collective then 8
               else l.state end,
           acknowledge_by = case when g.legs = 1 then g.limit_day else l.acknowledge_by end,
           replaces_unit = case when l.unit_id = g.leg_unit and g.legs = 2 then null else l.replaces_unit end,
           opinion = case when g.move = 'DISSENT' and l.unit_id = g.leg_unit then g.note else l.opinion end,
           ruling = case when g.move in ('UPHOLD', 'OVERRULE') and l.unit_id = g.leg_unit then g.note else l.ruling end,
           overruled = case when g.legs = 5 and l.unit_id = g.leg_unit then true
                            when g.legs in (4, 6) or g.move = 'DISSENT' and l.unit_id = g.leg_unit then false
                            else l.overruled end,
           urged_ms = case when g.move = 'URGE' and l.unit_id = g.leg_unit then g.now_ms else l.urged_ms end,
           waived_by = case when g.move = 'NAME_MEMBERS' and l.unit_id = g.other_unit and g.units = '{}' then g.actor
                            else l.waived_by end,
           waiver = case when g.move = 'NAME_MEMBERS' and l.unit_id = g.other_unit and g.units = '{}' then g.note
                         else l.waiver end
      from (select go.*, r.replaces_unit as replaced_unit
              from go left join task.leg r on go.legs = 2 and r.site_id = go.site_id and r.task_id = go.task_id
                                           and r.unit_id = go.unit) g
     where l.site_id = g.site_id and l.task_id = g.task_id and l.state <> 8
       and (g.legs in (1, 4, 6, 7, 8) or l.unit_id in (g.leg_unit, g.replaced_unit)
            or g.move = 'NAME_MEMBERS' and l.unit_id = g.other_unit)
    returning 1
),
-- Issue: one leg per member of each collective, of the directory or named for this task. Reassign: one for the new unit.
legs_added as (
    insert into task.leg (site_id, task_id, unit_id, role, state, acknowledge_by, replaces_unit)
    select distinct on (g.ord, n.unit_id) g.site_id, g.task_id, n.unit_id, n.role, 1, g.limit_day, n.replaces_unit
      from go g, lateral (
        select m.unit_id, l.role, null::int4 as replaces_unit
          from task.leg l, lateral (
                select members as unit_id from directory.members(l.site_id, l.unit_id, g.today)
                union
                select nm.unit_id from task.named_member nm
                 where nm.site_id = l.site_id and nm.task_id = l.task_id and nm.collective = l.unit_id) m
         where g.legs = 1 and l.site_id = g.site_id and l.task_id = g.task_id and l.is_collective and l.waived_by = 0
           and not exists (select from task.leg x where x.site_id = l.site_id and x.task_id = l.task_id
                              and x.unit_id = m.unit_id)
        union all
        select g.new_unit, l.role, coalesce(l.replaces_unit, g.other_unit)
          from task.leg l
         where g.legs = 3 and l.site_id = g.site_id and l.task_id = g.task_id
           and l.unit_id = g.other_unit) n
     order by g.ord, n.unit_id, n.role
    on conflict (site_id, task_id, unit_id) do update
       set role = excluded.role, state = 1, acknowledge_by = excluded.acknowledge_by,
           replaces_unit = excluded.replaces_unit, opinion = '', ruling = '', overruled = false
    returning 1
),
members_named as (
    insert into task.named_member (site_id, task_id, collective, unit_id)
    select g.site_id, g.task_id, g.other_unit, unnest(g.units::int4[]) from go g where g.move = 'NAME_MEMBERS'
    on conflict do nothing
    returning 1
),
corrected as (
    select task.put_parts(site_id, jsonb_build_array(jsonb_build_object('task_id', task_id, 'draft', draft))) as n
      from go where draft is not null
),
clauses as (
    update task.clause c
       set waived_by = g.actor, waiver = g.note
      from go g
     where g.move = 'WAIVE_CLAUSE' and c.site_id = g.site_id and c.task_id = g.task_id and c.clause_no = g.number
    returning 1
),
milestone_moved as (
    update task.milestone m
       set state = case g.move when 'REPORT_MILESTONE' then 2 when 'APPROVE_MILESTONE' then 3
                               when 'CONFIRM_MILESTONE' then 4 else 5 end,
           moved_by = g.actor
      from go g
     where g.about >= 10 and m.site_id = g.site_id and m.task_id = g.task_id and m.milestone_no = g.number
    returning 1
),
-- Breaking down: the children are drafts of the unit's own office.
split as (
    select task.create_drafts(g.site_id, jsonb_build_array(jsonb_build_object('office', coalesce(nullif(f.office_unit, 0),
                  t.office_unit), 'parent', g.task_id, 'parent_leg', g.unit, 'actor', g.actor, 'login', g.login, 'unit',
                  g.unit, 'post', g.post, 'now_ms', g.now_ms, 'list', g.list::jsonb))) as n
      from go g join task.task t on t.site_id = g.site_id and t.task_id = g.task_id,
           directory.unit_facts(g.site_id, g.unit) f where g.move = 'SPLIT_LEG'
),
child_waived as (
    insert into task.child_waiver (site_id, task_id, child_id, waived_by, reason)
    select site_id, task_id, item, actor, note from go where about = 9
    returning 1
),
closure_written as (
    insert into task.closure (site_id, task_id, closure_no, text, state, writer)
    select site_id, task_id, new_closure_no, note, 1, actor from go where closure = 1
    returning 1
),
closure_moved as (
    update task.closure k
       set state = g.closure,
           signer = case when g.closure = 2 and k.signer = 0 then g.actor else k.signer end,
           result_class = case when g.closure = 5 then g.result else k.result_class end
      from go g
     where g.closure > 1 and (g.next_if = 0 or g.new_state = g.next)
       and k.site_id = g.site_id and k.task_id = g.task_id and k.closure_no = g.closure_no
    returning 1
),
cited as (
    select progress.cite_evidence(site_id, task_id, unit, digests::text[]) as n from go where digests <> '{}'
),
application_written as (
    insert into task.application (site_id, application_id, task_id, unit_id, kind, state, writer, reason, day, other_unit,
                                  result)
    select site_id, key, task_id, unit, about, 1, actor, note, day, nullif(other_unit, 0), result
      from go where application = 1
    returning 1
),
application_moved as (
    update task.application a
       set state = g.application, decider = g.actor, decision = g.note
      from go g
     where g.application > 1 and a.site_id = g.site_id and a.application_id = g.item
    returning 1
),
history as (
    insert into task.event (site_id, task_id, version, time_ms, move, user_id, login, unit_id, post, leader_id, about_unit,
                            state, note, changes)
    select site_id, task_id, new_version, now_ms, move, actor, login, unit, post, leader, coalesce(leg_unit, 0), new_state,
           note, told
      from go
    returning 1
),
keys as (
    insert into task.idem (site_id, key, fingerprint, object_id, version, state)
    select site_id, key, fingerprint, task_id, new_version, new_state from go
    union all
    select site_id, key, fingerprint, task_id, now_version, now_state from chk where pre = 10
    returning 1
),
-- Whoever follows tasks reads the task as it is when the event is delivered; the row only says that it changed.
changed as (
    insert into task.outbox (site_id, object_id, event_id, method, payload)
    select site_id, task_id, key, '/bihuan.v1.ProgressService/ApplyTaskChange', '' from go where new_state <> now_state or legs <> 0 or leg_next <> 0
                                                                or draft is not null
    returning 1
),
logged as (
    select audit.append(array_agg(site_id order by ord), array_agg(body || previous order by ord)) as n from go
)
select ord, 0 as outcome, task_id::text as task_id, new_version as version, new_state::int4 as state, facts as _facts,
       own_leg as _own_leg, other_leg as _other_leg, logged.n + coalesce((select sum(n) from split), 0) as _logged,
       (select sum(n) from cited) as _cited, (select sum(n) from corrected) as _corrected, deadline < today as _is_past_due, 0 as _misnamed, '' as _misnamed_name, '' as _day, '' as _deadline
  from go cross join logged
union all
select ord, case pre when 10 then 0 else pre end, task_id::text, coalesce(done_version, now_version),
       coalesce(done_state, now_state)::int4, facts, own_leg, other_leg, 0, 0, 0, old_deadline < today, misnamed, (select name from directory.unit_facts(site_id, misnamed)),
       coalesce(day, (select a.day from task.application a where a.site_id = chk.site_id and a.application_id = chk.item))::text,
       old_deadline::text
  from chk where pre not in (0, 9)

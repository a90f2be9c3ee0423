-- T7: approves reports or sends them back, each as the next version of its sheet; an approval may carry an event. What can
-- have become false since the report was handed in is looked at again: task and leg, and for an approval the targets.
-- combine: $2
-- $1 site int4[]
-- $2 report uuid[]
-- $3 key uuid[]
-- $4 fingerprint bytea[]
-- $5 body bytea[]            audit entry without its previous hash
-- $6 version int4[]          the version the caller saw
-- $7 unit int4[]             of the person
-- $8 person int4[]
-- $9 login text[]
-- $10 made timestamptz[]
-- $11 note text[]
-- $12 next int4[]            state after
-- $13 task_states int4[]     states in which the move may be made, bit sets
-- $14 leg_states int4[]
-- $15 states int4[]
-- $16 event_object uuid[]    null = no event
-- $17 event_method text[]
-- $18 event bytea[]
with inp as materialized (
    select i.*, s.task_id as task, s.unit_id as owner, s.period
      from unnest($1::int4[], $2::uuid[], $3::uuid[], $4::bytea[], $5::bytea[], $6::int4[], $7::int4[], $8::int4[],
                  $9::text[], $10::timestamptz[], $11::text[], $12::int4[], $13::int4[], $14::int4[], $15::int4[],
                  $16::uuid[], $17::text[], $18::bytea[]) with ordinality
           as i (site, report, key, fingerprint, body, version, unit, person, login, made, note, next, task_states,
                 leg_states, states, event_object, event_method, event, ord)
      left join progress.sheet s on s.site_id = i.site and s.report_id = i.report
     order by i.site, s.task_id, s.unit_id, i.report
), chk as materialized (
    select i.*, s.version as now_version, s.state as now_state, s.leaf_hash as previous, s.content_version,
           s.submitted_by = i.person as is_own_work, s.unit_id = i.unit as is_own_unit,
           k.version as done_version, k.state as done_state, g.task_state, g.leg_state, v as foreign_target,
           case when k.key is not null then case when k.fingerprint = i.fingerprint then 4 else 5 end
                when s.report_id is null then 1
                when s.unit_id <> i.unit then 3
                when s.version <> i.version then 2
                when (i.task_states >> coalesce(g.task_state, 0)) & (i.leg_states >> coalesce(g.leg_state, 0))
                     & (i.states >> s.state) & 1 = 0 or s.submitted_by = i.person or v is not null then 3
                else 0 end as pre
      from inp i
      left join progress.idem k on k.site_id = i.site and k.key = i.key
      left join progress.sheet s on s.site_id = i.site and s.report_id = i.report
      left join lateral (select * from task.leg_gate(i.site, i.task, i.owner) where k.key is null) g on true
      left join progress.report r on r.site_id = i.site and r.report_id = i.report and r.period = s.period
                                 and r.version = s.content_version and i.next = 4
      left join lateral progress.foreign_target(i.site, i.task, r.figures) v on true
), upd as (
    update progress.sheet s
       set version = c.version + 1, state = c.next, note = c.note,
           approved_by = case when c.next = 4 then c.person else 0 end,
           approved_login = case when c.next = 4 then c.login else '' end,
           person_ids = case when c.person = any(s.person_ids) then s.person_ids else s.person_ids || c.person end,
           leaf_hash = sha256('\x00'::bytea || c.body || c.previous)
      from (select * from chk where pre = 0 order by site, report) c
     where s.site_id = c.site and s.report_id = c.report and s.version = c.version and c.states >> s.state & 1 = 1
    returning c.ord, c.site, c.report, c.key, c.fingerprint, c.period, c.person, c.login, c.made, c.note, s.state,
              c.content_version, c.event_object, c.event_method, c.event, s.version, c.body || c.previous as leaf
), written as (
    insert into progress.report (site_id, report_id, version, period, state, content_version, user_id, login, note, made)
    select site, report, version, period, state, content_version, person, login, note, made from upd
), kept as (
    insert into progress.idem (site_id, key, fingerprint, object_id, version, state)
    select site, key, fingerprint, report, version, state from upd
), sent as (
    insert into progress.outbox (site_id, object_id, event_id, method, payload)
    select site, event_object, key, event_method, event from upd where event_object is not null order by ord
), logged as materialized (
    select audit.append(array_agg(site order by ord), array_agg(leaf order by ord)) from upd
)
select ord, 0 as outcome, version, state::int4 as state, 0 as task_state, 0 as leg_state, true as is_own_unit,
       false as is_own_work, null::text as foreign_target
  from upd cross join logged
union all
select ord, pre, coalesce(done_version, now_version), coalesce(done_state, now_state), task_state, leg_state, is_own_unit,
       is_own_work, foreign_target
  from chk where pre <> 0

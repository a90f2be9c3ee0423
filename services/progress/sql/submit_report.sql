-- T7: hands reports in, each as the next version of its sheet; a correction is a version too.
-- combine: $2
-- $1 site int4[]
-- $2 report uuid[]
-- $3 key uuid[]
-- $4 fingerprint bytea[]
-- $5 body bytea[]            audit entry without its previous hash
-- $6 version int4[]          the version the caller saw
-- $7 task uuid[]
-- $8 unit int4[]
-- $9 period date[]
-- $10 person int4[]
-- $11 login text[]
-- $12 made timestamptz[]
-- $13 text text[]
-- $14 problems text[]
-- $15 next_step text[]
-- $16 figures jsonb[]
-- $17 evidence bytea[]       digests, 32 bytes each
-- $18 task_states int4[]     states in which the move may be made, bit sets
-- $19 leg_states int4[]
-- $20 states int4[]
with inp as materialized (
    select i.*
      from unnest($1::int4[], $2::uuid[], $3::uuid[], $4::bytea[], $5::bytea[], $6::int4[], $7::uuid[], $8::int4[],
                  $9::date[], $10::int4[], $11::text[], $12::timestamptz[], $13::text[], $14::text[], $15::text[],
                  $16::jsonb[], $17::bytea[], $18::int4[], $19::int4[], $20::int4[]) with ordinality
           as i (site, report, key, fingerprint, body, version, task, unit, period, person, login, made, text, problems,
                 next_step, figures, evidence, task_states, leg_states, states, ord)
     -- Legs are locked by the gate in this order, which is that of every set.
     order by i.site, i.task, i.unit, i.report
), chk as materialized (
    select i.*, s.version as now_version, s.state as now_state, s.leaf_hash as previous,
           k.version as done_version, k.state as done_state, g.task_state, g.leg_state, e.missing, v as foreign_target,
           case when k.key is not null then case when k.fingerprint = i.fingerprint then 4 else 5 end
                when s.report_id is null then 1
                when s.version <> i.version then 2
                when (i.task_states >> coalesce(g.task_state, 0)) & (i.leg_states >> coalesce(g.leg_state, 0))
                     & (i.states >> s.state) & 1 = 0 or e.missing is not null
                     or v is not null then 3
                else 0 end as pre
      from inp i
      left join progress.idem k on k.site_id = i.site and k.key = i.key
      left join progress.sheet s on s.site_id = i.site and s.report_id = i.report
      left join lateral (select * from task.leg_gate(i.site, i.task, i.unit) where k.key is null) g on true
      left join lateral (
          select encode(d.digest, 'hex') as missing
            from (select substring(i.evidence from 32 * n + 1 for 32) as digest
                    from generate_series(0, octet_length(i.evidence) / 32 - 1) n) d
           where not progress.evidence_readable(i.site, d.digest, i.unit, 0)
           limit 1) e on true
      left join lateral progress.foreign_target(i.site, i.task, i.figures) v on true
), upd as (
    update progress.sheet s
       set version = c.version + 1, state = 2, content_version = c.version + 1, note = '',
           submitted_by = c.person, submitted_login = c.login, approved_by = 0, approved_login = '',
           person_ids = case when c.person = any(s.person_ids) then s.person_ids else s.person_ids || c.person end,
           leaf_hash = sha256('\x00'::bytea || c.body || c.previous)
      from (select * from chk where pre = 0 order by site, report) c
     where s.site_id = c.site and s.report_id = c.report and s.version = c.version and c.states >> s.state & 1 = 1
    returning c.ord, c.site, c.report, c.key, c.fingerprint, c.period, c.person, c.login, c.made, c.text, c.problems,
              c.next_step, c.figures, c.evidence, c.task, c.unit, s.version, c.body || c.previous as leaf
), written as (
    insert into progress.report (site_id, report_id, version, period, state, content_version, user_id, login, made, text,
                                 problems, next_step, figures, evidence)
    select site, report, version, period, 2, version, person, login, made, text, problems, next_step, figures, evidence
      from upd
), kept as (
    insert into progress.idem (site_id, key, fingerprint, object_id, version, state)
    select site, key, fingerprint, report, version, 2 from upd
), used as (
    insert into progress.evidence_use (site_id, digest, task_id, unit_id)
    select u.site, substring(u.evidence from 32 * n + 1 for 32), u.task, u.unit
      from upd u, generate_series(0, octet_length(u.evidence) / 32 - 1) n
    on conflict do nothing
), logged as materialized (
    select audit.append(array_agg(site order by ord), array_agg(leaf order by ord)) from upd
)
select ord, 0 as outcome, version, 2 as state, 0 as task_state, 0 as leg_state, null::text as missing,
       null::text as foreign_target
  from upd cross join logged
union all
select ord, pre, coalesce(done_version, now_version), coalesce(done_state, now_state), task_state, leg_state, missing, foreign_target
  from chk where pre <> 0

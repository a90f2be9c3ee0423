-- The last part of an import: the drafts of a document, and with them the whole import shows. A repeat adds nothing;
-- with other content it is refused, and so is a document that was imported before unless this is the next round and no
-- draft of an earlier one stands. Two that come at once are of one round, which the unique key of task.import gives to one
-- of them; the other is run again and sees it.
-- combine: $3
-- $1 site int4[]
-- $2 key uuid[]
-- $3 import uuid[]
-- $4 fingerprint bytea[]
-- $5 body bytea[]
-- $6 list text[]
-- $7 document_number text[]
-- $8 document_title text[]
-- $9 digest text[]
-- $10 task_count int4[]
-- $11 target_count int4[]
-- $12 actor int4[]
-- $13 login text[]
-- $14 unit int4[]
-- $15 post int2[]
-- $16 now_ms int8[]
-- $17 today date[]
-- $18 content bytea[]
-- $19 document bytea[]
-- $20 round int4[]
-- $21 validate_only bool[]
with inp as materialized (
    select * from unnest($1::int4[], $2::uuid[], $3::uuid[], $4::bytea[], $5::bytea[], $6::text[], $7::text[], $8::text[],
        $9::text[], $10::int4[], $11::int4[], $12::int4[], $13::text[], $14::int4[], $15::int2[], $16::int8[],
        $17::date[], $18::bytea[], $19::bytea[], $20::int4[], $21::bool[])
        with ordinality as i(site_id, key, import_id, fingerprint, body, list, document_number, document_title, digest,
                             task_count, target_count, actor, login, unit, post, now_ms, today, content, document,
                             round, validate_only, ord)
),
chk as materialized (
    select i.*, case when k.fingerprint = i.fingerprint then 4
                     when k.key is not null then 5
                     when m.content = i.content then 4
                     when m.import_id is not null then 7
                     when e.round >= i.round then 8
                     when e.open_count > 0 then 9
                     when e.round + 1 <> i.round then 10
                     when n.misnamed is not null then n.misnamed[1]
                     when i.validate_only then 17
                     when target.import_size(i.site_id, i.import_id) <> i.target_count then 6
                     else 0 end as pre,
           n.misnamed[2] as misnamed, e.open_count, e.open_import, e.round as last_round
      from inp i
      left join task.idem k on k.site_id = i.site_id and k.key = i.key and not i.validate_only
      left join task.import m on m.site_id = i.site_id and m.import_id = i.import_id
      left join lateral task.misnamed(i.site_id, i.list::jsonb, i.today) n(misnamed) on k.key is null and m.import_id is null
      left join lateral (
          select coalesce(max(w.round), 0) as round, (count(*) filter (where t.state in (1, 2)))::int4 as open_count,
                 (array_agg(w.import_id order by w.round desc) filter (where t.state in (1, 2)))[1] as open_import
            from task.import w
            left join task.task t on t.site_id = w.site_id and t.import_id = w.import_id
           where w.site_id = i.site_id and w.office_unit = i.unit and w.document = i.document) e on m.import_id is null
),
made as materialized (
    select ord, task.create_drafts(site_id, jsonb_build_array(jsonb_build_object(
                    'office', unit, 'import', import_id, 'actor', actor, 'login', login, 'unit', unit, 'post', post,
                    'now_ms', now_ms, 'list', list::jsonb))) as n,
           target.show_import(site_id, import_id) as shown
      from chk where pre = 0
),
imports as (
    insert into task.import (site_id, import_id, office_unit, document, round, document_number, document_title, digest,
                             task_count, target_count, content, imported_by, login, time_ms, leaf_hash)
    select c.site_id, c.import_id, c.unit, c.document, c.round, c.document_number, c.document_title, c.digest,
           c.task_count, c.target_count, c.content, c.actor, c.login, c.now_ms,
           sha256('\x00'::bytea || c.body || decode(repeat('00', 32), 'hex'))
      from chk c join made using (ord)
    returning 1
),
keys as (
    insert into task.idem (site_id, key, fingerprint, object_id, version, state)
    select c.site_id, c.key, c.fingerprint, c.import_id, 1, 1 from chk c join made using (ord)
    returning 1
),
logged as (
    select audit.append(array_agg(c.site_id order by ord),
                        array_agg(c.body || decode(repeat('00', 32), 'hex') order by ord)) as n
      from chk c join made using (ord)
)
select ord, 0 as outcome, task_count, 0 as _misnamed, '' as _misnamed_name, 0 as _open_count, '' as _open_import,
       0 as _last_round, made.n as _logged, made.shown as _shown, logged.n as _logged_import
  from chk join made using (ord) cross join logged
union all
select ord, pre, task_count, misnamed, (select name from directory.unit_facts(site_id, misnamed)), open_count,
       open_import::text, last_round, 0, 0, 0
  from chk where pre <> 0

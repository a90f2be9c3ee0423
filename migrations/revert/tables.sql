-- Revert tables.
begin;
drop function bihuan.make_outbox(name), bihuan.make_inbox(name), bihuan.make_idem(name),
    bihuan.part_by_year(regclass, text), bihuan.first_id(date);
drop schema bihuan;
commit;

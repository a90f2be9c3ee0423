-- Verify places: a service says where its own instances are, and neither sees nor says where another's are.
begin;
create extension if not exists pgtap;
select plan(3);
create temp table seen (what text);
grant insert, select on seen to bihuan_task, bihuan_target;
set local role bihuan_target;
insert into bihuan.place values (-1, 'target', 'tcp://127.0.0.1:1', repeat('0', 40), 'infinity');
set local role bihuan_task;
insert into bihuan.place values (-1, 'task', 'tcp://127.0.0.1:2', repeat('0', 40), 'infinity');
insert into seen select service from bihuan.place where site_id = -1;
do $$ begin
    insert into bihuan.place values (-1, 'target', 'tcp://127.0.0.1:2', repeat('0', 40), 'infinity');
exception when insufficient_privilege then
    insert into seen values ('refused');
end $$;
update bihuan.place set until = '-infinity' where service = 'target';
reset role;
select is((select array_agg(what order by what) from seen), '{refused,task}', 'its own place and no other'),
       is((select count(*) from bihuan.place where site_id = -1), 2::int8, 'both are there'),
       is((select until from bihuan.place where site_id = -1 and service = 'target'), 'infinity', 'and as they were');
select * from finish(true);
rollback;

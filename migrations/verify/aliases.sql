-- Verify aliases: an alias goes, a unit's own name and the spellings of others stay.
begin;
create extension if not exists pgtap;
select plan(3);
insert into directory.unit values (0, 2147483647, 'Verify', 1, 0, 1, sha256(''));
insert into directory.spelling values
    (0, 'verify', 2147483647, 'Verify'), (0, 'verifyone', 2147483647, 'verify one'), (0, 'verifytwo', 2147483647, 'verify two');
select is(directory.drop_aliases('{0,0}', '{verify,verifyone}'), 1, 'one of them is an alias');
select is((select array_agg(s.folded order by s.folded) from directory.spelling s where s.site_id = 0), '{verify,verifytwo}',
          'the name and the other alias stay'),
       is(has_function_privilege('bihuan_task', 'directory.drop_aliases(int4[], text[])', 'execute'), false, 'of its own service');
select * from finish(true);
rollback;

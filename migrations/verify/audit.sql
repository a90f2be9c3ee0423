-- Verify audit: writers have the door and nothing else; the log's own service can add but not change or delete.
begin;
create extension if not exists pgtap;
select plan(32);
select is(has_function_privilege('bihuan_' || s, 'audit.append(int4[], bytea[])', 'execute'), true, s || ' may append'),
       is(has_table_privilege('bihuan_' || s, 'audit.pending', 'select, insert, update, delete, truncate'), false,
          s || ' does not touch the queue'),
       is(has_table_privilege('bihuan_' || s, 'audit.entry', 'select, insert, update, delete, truncate'), false,
          s || ' does not touch the log'),
       is(has_table_privilege('bihuan_' || s, 'audit.tree', 'select, insert, update, delete, truncate'), false,
          s || ' does not touch the tree')
  from unnest(array['directory', 'target', 'task', 'progress']) s;
select is(has_table_privilege('bihuan_audit', 'audit.' || t, 'update, delete, truncate'), false, t || ' is append-only'),
       is(has_table_privilege('bihuan_audit', 'audit.' || t, 'select'), true, t || ' is readable'),
       is(has_table_privilege('bihuan_audit', 'audit.' || t, 'insert'), true, t || ' can be added to')
  from unnest(array['entry', 'subtree']) t;
select is(has_table_privilege('bihuan_audit', 'audit.pending', 'insert, update, truncate'), false, 'the log writes no entry itself'),
       is(has_function_privilege('public', 'audit.append(int4[], bytea[])', 'execute'), false, 'the door is closed to others'),
       is(has_table_privilege('bihuan_audit', 'audit.tree', 'insert, delete, truncate'), false, 'the tree row stays'),
       is(has_column_privilege('bihuan_audit', 'audit.tree', 'origin', 'update'), false, 'the origin stays');
prepare short_leaf as select audit.append(array[1], array['bihuan-audit/1\000'::bytea]);
prepare other_leaf as select audit.append(array[1], array[decode(repeat('00', 64), 'hex')]);
prepare lone_site as select audit.append(array[1, 1], array[]::bytea[]);
select throws_ok('short_leaf', '23514'), throws_ok('other_leaf', '23514'), throws_ok('lone_site', '23502');
select is(audit.append(null, null), 0, 'no entry is fine'),
       is(audit.append(array[1, 1], array_fill('bihuan-audit/1\000'::bytea || decode(repeat('00', 64), 'hex'), array[2])), 2);
select is(sha256(''), decode('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'hex'), 'hash of nothing');
select * from finish(true);
rollback;

"""The pages of services/task/sql/list.sql: all branches together are task.readable, each task once, in order."""
import os
import subprocess

from behind_gateway import TOP

# Offices 11 to 13, units 1 to 6, leaders 50 and 51; drafts and issued tasks, parts of earlier tasks, legs here and there.
TASKS = """
create function id(n int4) returns uuid language sql immutable as
    $$ select ('00000000-0000-8000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, deadline, is_key, office_unit, lead_unit,
                       leader_ids, parent_id, parent_unit, issuer, created_ms, position)
select 1, id(n), 1, sha256(''), case n % 3 when 0 then 1 else 4 end, n::text, 'text', 'result', '2025-12-31', false,
       11 + n / 2 % 3, 1 + n % 6, case n % 4 when 0 then '{50}'::int4[] when 1 then '{50,51}' else '{}' end,
       case when n % 5 = 0 and n > 20 then id(n - 17) end, case when n % 5 = 0 and n > 20 then 1 + n % 7 end,
       case n % 3 when 0 then 0 else 9 end, 1000 - n / 10, n
  from generate_series(1, 300) n;
insert into task.leg (site_id, task_id, unit_id, role, state)
select 1, id(n), 1 + (n * k / 2) % 6, 1 + (k > 1)::int4, 2 + 6 * (n % 11 = 0)::int4
  from generate_series(1, 300) n, generate_series(1, 3) k on conflict do nothing;
"""
# Page by page to the end, as a caller reads them.
PAGES = """
create function pages(unit int4, post int2, leader int4) returns uuid[] language plpgsql as $$
declare ms int8 = 0; place int4 = 0; last uuid; found uuid[]; page record;
begin
    loop
        execute 'select array_agg(task_id::uuid) as ids, array_agg(_created_ms) as ms, array_agg(_position) as places from ('
            || %s || ') page' into page using 1, unit, post, leader, ms, place, last, 0::int2, 0, null::uuid, null::uuid, '',
            null::date, 7;
        found = found || page.ids;
        exit when coalesce(cardinality(page.ids), 0) < 7;
        ms = page.ms[7]; place = page.places[7]; last = page.ids[7];
    end loop;
    return coalesce(found, '{}');
end $$;
"""
COMPARE = """
select unit, post, leader, cardinality(seen), seen = expected
  from (select unit, post, leader, pages(unit, post, leader) as seen,
               array(select task_id from task.task t where task.readable(t, unit, post, leader)
                      order by created_ms, position, task_id) as expected
          from unnest(array[1, 2, 3, 4, 5, 6, 7, 11, 12, 13]) unit, unnest(array[1, 3, 7, 8]::int2[]) post,
               unnest(array[0, 50, 51, 52]) leader) x
"""


def test_a_page_holds_what_may_be_read():
    statement = (TOP / "services/task/sql/list.sql").read_text()
    script = TASKS + PAGES % f"$statement${statement}$statement$" + COMPARE
    run = subprocess.run([TOP / "tests/with-database", "bash", "-c", 'psql -X -q -At -v ON_ERROR_STOP=1 "$BIHUAN_TEST_DATABASE"'],
                         input=script, capture_output=True, text=True, env=os.environ, timeout=300)
    assert run.returncode == 0, run.stderr
    rows = [line.split("|") for line in run.stdout.splitlines()]
    assert len(rows) == 160 and [row for row in rows if row[4] != "t"] == []
    assert len({row[3] for row in rows}) > 10

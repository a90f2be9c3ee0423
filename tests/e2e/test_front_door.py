"""deploy/up, down, status: repeatable, supervised, walled off by role."""
import os
import stat
import subprocess
import time

import pytest
from installation import PROGRAMS, TOP

SERVICES = PROGRAMS[1:6]


def test_up_again_changes_nothing(bihuan):
    before = {program: bihuan.pid(program) for program in PROGRAMS}
    settings = bihuan.settings
    bihuan.up()
    assert {program: bihuan.pid(program) for program in PROGRAMS} == before
    assert bihuan.settings == settings


def test_status_tells_what_runs(bihuan):
    run = bihuan.script("status")
    assert run.returncode == 0
    assert [line.split(":")[1].strip() for line in run.stdout.splitlines() if line.startswith("run:")] == PROGRAMS


@pytest.mark.parametrize("program", PROGRAMS)
def test_killed_program_is_back_within_two_seconds(bihuan, program):
    killed, started = bihuan.pid(program), time.monotonic()
    bihuan.kill(program)
    while bihuan.pid(program) in (killed, None):
        assert time.monotonic() - started < 2
        time.sleep(0.02)
    bihuan.wait_healthy()


def test_down_keeps_the_data_and_up_brings_them_back(bihuan):
    count = bihuan.sql("select count(*) from sqitch.changes")
    assert bihuan.script("down").returncode == 0
    assert not bihuan.is_healthy()
    assert bihuan.script("status").returncode == 1
    bihuan.up()
    assert bihuan.sql("select count(*) from sqitch.changes") == count


@pytest.mark.parametrize("service", SERVICES)
def test_service_login_is_shut_out_of_other_schemas(bihuan, service):
    tables = bihuan.sql(
        f"""select format('%I.%I', schemaname, tablename) from pg_tables
             where schemaname not in ('{service}', 'pg_catalog', 'information_schema')""")
    assert tables
    for table in tables:
        with pytest.raises(RuntimeError, match="permission denied"):
            bihuan.sql(f"select 1 from {table} limit 1", service=service)
    with pytest.raises(RuntimeError, match="permission denied"):
        bihuan.sql(f"create table {service}.mine (n int)", service=service)


def test_service_login_needs_its_password(bihuan):
    connection = f"host={bihuan.state}/pg/run dbname=bihuan user=login_task password=wrong"
    run = subprocess.run(["psql", "-X", connection, "-c", "select 1"], capture_output=True, text=True)
    assert run.returncode != 0 and "password authentication failed" in run.stderr


def test_secrets_are_closed_to_others(bihuan):
    secrets = [*bihuan.state.glob("keys/*.key"), *bihuan.state.glob("etc/*.pgpass"), bihuan.state / "tls/ca.key",
               bihuan.state / "tls/server.pem"]
    assert len(secrets) == 6 + 5 + 2
    for path in secrets:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_cluster_we_did_not_make_is_not_touched(tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "PG_VERSION").write_text("15\n")
    run = subprocess.run([TOP / "deploy/cluster", "init", tmp_path], capture_output=True, text=True)
    assert run.returncode == 1 and "was not made by this program" in run.stderr
    assert os.listdir(tmp_path) == ["PG_VERSION"]

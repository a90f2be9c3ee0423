"""Migrations: every change can be verified, taken back and made again; a failed check fails the deploy."""
import os
import pathlib
import shutil
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]


def in_database(script, top=TOP):
    """Runs bash with a fresh, migrated database in $BIHUAN_TEST_DATABASE and the tree in $TOP."""
    return subprocess.run([TOP / "tests/with-database", "bash", "-euc", script], capture_output=True, text=True,
                          env=dict(os.environ, TOP=str(top)), timeout=300)


def test_every_change_has_its_three_files():
    plan = [line.split()[0] for line in (TOP / "migrations/sqitch.plan").read_text().splitlines() if line and line[0] != "%"]
    for kind in ("deploy", "revert", "verify"):
        assert sorted(path.stem for path in (TOP / "migrations" / kind).glob("*.sql")) == sorted(plan)


def test_all_can_be_reverted_and_made_again():
    run = in_database("""
        "$TOP/deploy/migrate" "$BIHUAN_TEST_DATABASE" verify
        "$TOP/deploy/migrate" "$BIHUAN_TEST_DATABASE" revert
        psql "$BIHUAN_TEST_DATABASE" -Atc "select 'left', nspname from pg_namespace where nspname !~ '^(pg_|information_schema|public|sqitch)'"
        "$TOP/deploy/migrate" "$BIHUAN_TEST_DATABASE"
        "$TOP/deploy/migrate" "$BIHUAN_TEST_DATABASE" verify""")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "left|" not in run.stdout
    assert run.stdout.count("Verify successful") == 2


@pytest.fixture
def copy(tmp_path):
    tmp_path.chmod(0o755)
    for folder in ("deploy", "migrations"):
        shutil.copytree(TOP / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_a_failed_check_takes_the_change_back(copy):
    with (copy / "migrations/sqitch.plan").open("a") as plan:
        plan.write("broken 2030-01-01T00:00:00Z bihuan <bihuan@localhost> # A change whose check fails\n")
    (copy / "migrations/deploy/broken.sql").write_text("-- Deploy broken.\ncreate table public.broken (n int);\n")
    (copy / "migrations/revert/broken.sql").write_text("-- Revert broken.\ndrop table public.broken;\n")
    (copy / "migrations/verify/broken.sql").write_text(
        "-- Verify broken.\nbegin;\ncreate extension pgtap;\nselect plan(1);\nselect has_table('public', 'other', 'x');\n"
        "select * from finish(true);\nrollback;\n")
    run = in_database("""
        if "$TOP/deploy/migrate" "$BIHUAN_TEST_DATABASE"; then exit 9; fi
        psql "$BIHUAN_TEST_DATABASE" -Atc "select to_regclass('public.broken') is null" """, copy)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.splitlines()[-1] == "t"

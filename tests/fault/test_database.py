"""The database refuses, waits, loses its disk or is damaged: nothing acknowledged is lost, and no answer is wrong."""
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile

import history
import pytest
from disk import Cluster, acknowledged_rows, run
from installation import TOP
from load import Client

HERE = pathlib.Path(__file__).resolve().parent


@pytest.fixture
def cluster():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bihuan-cluster."))
    folder.chmod(0o755)
    made = Cluster(folder / "pg")
    yield made
    if made.is_running():
        made.stop()
    shutil.rmtree(folder)


def test_no_connections_left(city):
    """Commands wait for a connection or are refused for the moment; each is done once as soon as there is one."""
    load, before = city.load("connections.log", commands=200, rate=100, clients=8), history.effects_now(city)
    city.sql("alter role login_task connection limit 0")
    city.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'login_task'")
    load.start()
    history.wait_until(lambda: load.unknown > 10, 60, "nobody was refused")
    city.sql("alter role login_task connection limit -1")
    load.end()
    assert history.check(city, load.log.path, before)["acknowledged"] > 100


def test_a_row_that_somebody_locks(city):
    """The command on it is told to come again, and others go on."""
    load, before = city.load("lock.log", commands=0, rate=1), history.effects_now(city)
    client = Client(load, "lock")
    locked, free = (client.command("drafter", "CreateTask", {"draft": load.draft}) for _ in range(2))
    holder = subprocess.Popen(["psql", "-X", "-A", "-t", f"host={city.state}/pg/run dbname=bihuan user=postgres"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    holder.stdin.write(f"begin; select 'held' from task.task where task_id = '{locked['taskId']}' for update;\n")
    while "held" not in holder.stdout.readline():
        assert holder.poll() is None
    command = client.make("drafter", "SubmitTask", {"taskId": locked["taskId"], "version": 1})
    assert client.ask(command)[0] == "unknown"
    assert client.command("drafter", "SubmitTask", {"taskId": free["taskId"], "version": 1})
    holder.kill()
    holder.communicate()
    assert client.settle(command)[0] == "acknowledged"
    history.check(city, load.log.path, before)


def test_a_disk_that_fails_to_write(cluster):
    """PostgreSQL stops rather than go on after an fsync that failed; what it had acknowledged is there."""
    library, switch = cluster.folder.parent / "eio.so", cluster.folder.parent / "eio"
    run("cc", "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", library, HERE / "eio.c", "-ldl")
    cluster.start(LD_PRELOAD=str(library), EIO_FILE=str(switch))
    cluster.sql("create table kept (i int8 primary key)")
    rows = acknowledged_rows(cluster, 0, 100)
    switch.touch()
    with pytest.raises(OSError):
        cluster.sql("insert into kept values (-1)")
    switch.unlink()
    if not cluster.is_running():
        cluster.start()
    history.wait_until(cluster.answers, 60, "PostgreSQL does not come back")
    kept = set(cluster.sql("select i from kept"))
    assert len(rows) == 100 and kept - {"-1"} == set(rows)


def flip(file, place, bit):
    with open(file, "r+b") as handle:
        handle.seek(place)
        byte = handle.read(1)[0]
        handle.seek(place)
        handle.write(bytes([byte ^ 1 << bit]))


@pytest.mark.long
def test_a_bit_that_turned_is_never_an_answer(cluster, seed, capsys):
    """In tables and indexes: the question fails or has the right answer."""
    dice, questions = random.Random(seed), ["select count(*), sum(hashtext(words)) from page", "select words from page where i = 77"]
    cluster.start()
    cluster.sql("create table page (i int8 primary key, words text not null)")
    cluster.sql("insert into page select i, repeat(md5(i::text), 20) from generate_series(1, 5000) i")
    right = [cluster.sql(question) for question in questions]
    files = [cluster.folder / "data" / cluster.sql(f"select pg_relation_filepath('{name}')")[0] for name in ("page", "page_pkey")]
    cluster.stop()
    noticed = 0
    for _ in range(50):
        file = dice.choice(files)
        place, bit = dice.randrange(file.stat().st_size), dice.randrange(8)
        flip(file, place, bit)
        cluster.start()
        for question, answer in zip(questions, right):
            try:
                assert cluster.sql(question) == answer, f"{file} {place} {bit}"
            except OSError:
                noticed += 1
        cluster.stop()
        flip(file, place, bit)
    with capsys.disabled():
        print(f"\n50 bits turned, {noticed} questions failed, 0 wrong answers")
    assert noticed


@pytest.mark.long
@pytest.mark.parametrize("changes", [0, 2, 5])
def test_a_migration_that_was_killed_is_run_again(cluster, changes):
    """When so many changes are on record, the whole migration is killed; the next one completes it."""
    cluster.start()
    cluster.sql("create database bihuan")
    target = cluster.connection.replace("dbname=postgres", "dbname=bihuan")
    migration = subprocess.Popen([TOP / "deploy/migrate", target], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 start_new_session=True)
    history.wait_until(lambda: on_record(target) >= changes or migration.poll() is not None, 120, "the migration does not go on")
    os.killpg(migration.pid, signal.SIGKILL)
    migration.wait()
    run(TOP / "deploy/migrate", target)
    run(TOP / "deploy/migrate", target, "verify")


def on_record(target):
    """How many changes sqitch has on record; none before its own tables are there."""
    answer = subprocess.run(["psql", "-X", "-A", "-t", target, "-c", "select count(*) from sqitch.changes"], capture_output=True, text=True)
    return int(answer.stdout or -1)

"""deploy/backup and deploy/restore on a database of their own: a named second comes back, and what is damaged is told."""
import contextlib
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]


def script(state, name, *arguments):
    return subprocess.run([TOP / "deploy" / name, *map(str, arguments)], capture_output=True, text=True, timeout=300,
                          env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TZ": "Asia/Shanghai", "BIHUAN_STATE": str(state)})


def good(run):
    assert run.returncode == 0, run.stdout + run.stderr
    return run


def now():
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 8 * 3600))


def next_second():
    second = now()
    while now() == second:
        time.sleep(0.02)


class State:
    """A state folder with a database and evidence, of which the programs do not run."""

    def __init__(self, folder):
        self.folder, self.pg, self.evidence = folder, folder / "pg", folder / "evidence"
        self.backup = folder.parent / "backup"
        self.evidence.mkdir(parents=True)
        (folder / "run").mkdir()
        (folder / "settings").write_text("port=8443\n")
        self.cluster("init")
        self.forget_archiving()
        self.cluster("start")

    def forget_archiving(self):
        """As clusters were before there were backups."""
        settings = self.pg / "data/conf.d/bihuan.conf"
        settings.write_text("".join(line for line in settings.open() if "archive" not in line))

    def cluster(self, action):
        good(script(self.folder, "cluster", action, self.pg))

    def sql(self, statement):
        return good(subprocess.run(["psql", "-X", "-A", "-t", f"host={self.pg}/run user=postgres dbname=bihuan", "-c", statement],
                                   capture_output=True, text=True)).stdout.split()

    def add(self, data):
        """An evidence file, registered afterwards as its gateway does it."""
        digest = hashlib.sha256(data).hexdigest()
        path = self.evidence / digest[:2] / digest[2:]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        self.sql(f"insert into progress.evidence values (decode('{digest}', 'hex'))")
        return path

    def lose(self):
        """Disk and all: what is left is the backup."""
        self.cluster("stop")
        shutil.rmtree(self.pg)
        shutil.rmtree(self.evidence)


@pytest.fixture(scope="module")
def story():
    """Three moments: a backup, a file behind it, a second, another file, a backup once more; then all is lost."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bihuan-backup."))
    folder.chmod(0o755)
    state = State(folder / "state")
    try:
        subprocess.run(["psql", "-q", f"host={state.pg}/run user=postgres dbname=postgres", "-c", "create database bihuan"], check=True)
        state.sql("create schema progress create table evidence (digest bytea)")
        refused_backup(state, state.backup, "one restart")
        state.cluster("stop")
        state.cluster("start")
        state.add(b"before")
        state.early = now()
        next_second()
        good(script(state.folder, "backup", state.backup))
        state.add(b"between")
        next_second()
        state.second = now()
        next_second()
        state.add(b"after")
        good(script(state.folder, "backup", state.backup))
        assert len(list((state.backup / "base").glob("[0-9]*"))) == 1, "a base a week"
        state.lose()
        yield state
    finally:
        script(state.folder, "cluster", "stop", state.pg)
        shutil.rmtree(folder)


@pytest.fixture
def lost(story):
    """All is lost, and the backup is there; a test may harm it."""
    shutil.copytree(story.backup, story.backup.with_name("kept"), copy_function=shutil.copy2)
    for name in ("base", "wal"):
        subprocess.run(["chown", "-R", "--reference", story.backup / name, story.backup.with_name("kept") / name], check=True)
    yield story
    script(story.folder, "cluster", "stop", story.pg)
    for folder in (story.pg, story.evidence, story.backup):
        shutil.rmtree(folder, ignore_errors=True)
    story.backup.with_name("kept").rename(story.backup)


def restored(state, *to):
    run = good(script(state.folder, "restore", state.backup, *to))
    state.cluster("start")
    return run.stderr, int(state.sql("select count(*) from progress.evidence")[0])


def test_to_a_second(lost):
    told, rows = restored(lost, "--to", lost.second)
    assert rows == 2 and "All 2 evidence files are there" in told
    assert lost.sql("select pg_is_in_recovery()") == ["f"]
    assert {path.read_bytes() for path in lost.evidence.rglob("*") if path.is_file()} == {b"before", b"between", b"after"}


@contextlib.contextmanager
def small_disk(folder):
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", folder], capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def refused_backup(state, folder, said):
    run = script(state.folder, "backup", folder)
    assert run.returncode == 1 and said in run.stderr and "错误" in run.stderr, run.stderr


def test_to_the_newest_and_on(lost):
    """A restored database is not restored over, and backed up again from a base of its own."""
    refused_backup(lost, lost.backup, "does not run")
    told, rows = restored(lost)
    assert rows == 3 and "All 3" in told
    run = script(lost.folder, "restore", lost.backup)
    assert run.returncode == 1 and f"mv {lost.pg} {lost.pg}.before" in run.stderr
    (lost.folder / "other").mkdir()
    (lost.folder / "other/system").write_text("1\n")
    refused_backup(lost, lost.folder / "other", "another database")
    lost.add(b"later")
    good(script(lost.folder, "backup", lost.backup))
    assert len(list((lost.backup / "base").glob("[0-9]*"))) == 2
    lost.lose()
    assert restored(lost)[1] == 4
    if os.geteuid() == 0:
        with small_disk(lost.folder.parent / "small") as small:
            refused_backup(lost, small, "disk is full")
            assert not list((small / "base").glob("[0-9]*"))


def refused(state, said, *to):
    run = script(state.folder, "restore", state.backup, *to)
    assert run.returncode == 1 and said in run.stderr and "错误" in run.stderr, run.stderr
    assert not state.pg.exists()


def damage(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.chmod(0o600)
    path.write_bytes(data)


def test_a_second_nobody_kept(lost):
    refused(lost, "No backup is older", "--to", lost.early)
    refused(lost, "The archived log ends before", "--to", "2099-01-01 00:00:00")
    refused(lost, "Usage", "--to", "soon")
    assert "no folder of backups" in script(lost.folder, "restore", lost.folder).stderr
    assert "Usage" in script(lost.folder, "backup").stderr


def test_a_damaged_base(lost):
    damage(next((lost.backup / "base").glob("1.*/base/1/1259")))
    refused(lost, "The backup is damaged")


@pytest.mark.parametrize("harm", [damage, os.unlink])
def test_damaged_log(lost, harm):
    segments = sorted(path for path in (lost.backup / "wal").glob("*.gz") if len(path.name) == 27)
    harm(segments[len(segments) // 2])
    refused(lost, "The backup is damaged")


def test_damaged_evidence_is_named(lost):
    digest = hashlib.sha256(b"between").hexdigest()
    damage(lost.backup / "evidence" / digest[:2] / digest[2:])
    run = script(lost.folder, "restore", lost.backup)
    assert run.returncode == 1 and f"damaged: {digest}" in run.stderr
    lost.cluster("start")
    assert lost.sql("select count(*) from progress.evidence") == ["3"]

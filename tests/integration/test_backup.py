"""deploy/backup and deploy/restore on a database of their own: a named second comes back, and what is damaged is told."""
import contextlib
import fcntl
import gzip
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import pytest

pytestmark = pytest.mark.xdist_group("backup")  # the story is made once
TOP = pathlib.Path(__file__).resolve().parents[2]


def script(state, name, *arguments, **environment):
    return subprocess.run([TOP / "deploy" / name, *map(str, arguments)], capture_output=True, text=True, timeout=300,
                          env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TZ": "Asia/Shanghai", "BIHUAN_STATE": str(state),
                               "BIHUAN_MISTAKE": os.environ.get("BIHUAN_MISTAKE", ""), **environment})  # tests/planted


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


def restored(state, *to, backup=None):
    run = good(script(state.folder, "restore", backup or state.backup, *to))
    state.cluster("start")
    return run.stderr, int(state.sql("select count(*) from progress.evidence")[0])


def test_to_a_second(lost):
    told, rows = restored(lost, "--to", lost.second)
    assert rows == 2 and "All 2 evidence files are there" in told
    assert lost.sql("select pg_is_in_recovery()") == ["f"]
    assert {path.read_bytes() for path in lost.evidence.rglob("*") if path.is_file()} == {b"before", b"between", b"after"}


@contextlib.contextmanager
def small_disk(folder):
    folder.mkdir(exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", folder], capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def refused_backup(state, folder, said, **environment):
    run = script(state.folder, "backup", folder, **environment)
    assert run.returncode == 1 and said in run.stderr and "错误" in run.stderr, run.stderr


@contextlib.contextmanager
def new_folder(lost, name="new"):
    """For the backups of after a restore."""
    try:
        yield lost.folder.parent / name
    finally:
        shutil.rmtree(lost.folder.parent / name, ignore_errors=True)


def wait_failed(lost, segment):
    while lost.sql("select last_failed_wal from pg_stat_archiver") != [segment]:
        time.sleep(0.1)


def foreign_log_is_refused(lost, folder):
    """Of the name that comes next; neither `backup` nor PostgreSQL takes it for its own."""
    name = lost.sql("select pg_walfile_name(pg_current_wal_insert_lsn())")[0]
    foreign = folder / "wal" / f"{name}.gz"
    foreign.write_bytes(gzip.compress(bytes(16 << 20), 1))
    foreign.chmod(0o644)
    refused_backup(lost, folder, "is not of the log of this database")
    wait_failed(lost, name)


def failing_archive_is_told(lost, folder):
    """Settings that PostgreSQL does not take go again; a log that does not arrive is told before a base is begun
    and when it breaks off meanwhile, and nothing of the base is left."""
    nonsense = lost.pg / "data/conf.d/nonsense.conf"
    nonsense.write_text("nonsense\n")
    refused_backup(lost, folder, "does not take the settings")
    assert not (lost.pg / "data/conf.d/wal.conf").exists()
    nonsense.unlink()
    # What archive_command writes to is in its way, of the log of now; the loop that waits then ends at once.
    hindered = """mkdir "$dir/wal/.new.$(sql 'select pg_walfile_name(pg_current_wal_insert_lsn())')"; sleep() { :; }"""
    for moment in ("flock", "rm"):  # before a base is begun; while it is made
        run = {f"BASH_FUNC_{moment}%%": "() { unset -f %s; %s; %s \"$@\"; }" % (moment, hindered, moment)}
        refused_backup(lost, folder, "does not arrive", **run)
        assert not [path for path in (folder / "base").iterdir() if path.name != "log"] and not (folder / "whole").exists()
        [in_the_way] = (folder / "wal").glob(".new.*")
        wait_failed(lost, in_the_way.name.removeprefix(".new."))
        in_the_way.rmdir()


def test_two_restores_share_no_folder(lost):
    """Both count their timelines from 2: neither writes to the old folder, nor to that of the other."""
    before = sorted((lost.backup / "wal").iterdir())
    with new_folder(lost) as new:
        restored(lost, "--to", lost.second)
        refused_backup(lost, lost.backup, "from before a restore")
        good(script(lost.folder, "backup", new))
        foreign_log_is_refused(lost, new)
        lost.lose()
        restored(lost, "--to", lost.second)
        assert lost.sql("select timeline_id from pg_control_checkpoint()") == ["2"]
        for folder in (lost.backup, new):
            refused_backup(lost, folder, "from before a restore")
    assert sorted((lost.backup / "wal").iterdir()) == before


def test_to_the_newest_and_on(lost):
    """A restored database is not restored over, and backed up again to a folder of its own, by one at a time."""
    refused_backup(lost, lost.backup, "does not run")
    told, rows = restored(lost)
    assert rows == 3 and "All 3" in told
    run = script(lost.folder, "restore", lost.backup)
    assert run.returncode == 1 and f"mv {lost.pg} {lost.pg}.before" in run.stderr
    (lost.folder / "other").mkdir()
    (lost.folder / "other/system").write_text("1\n")
    refused_backup(lost, lost.folder / "other", "another database")
    refused_backup(lost, lost.folder, "holds other files")
    refused_backup(lost, lost.folder / "settings/backup", "cannot be made")
    refused_backup(lost, lost.pg / "backup", "would be lost with it")
    lost.add(b"later")
    with new_folder(lost, "备份 1") as new:
        failing_archive_is_told(lost, new)
        good(script(lost.folder, "backup", new))
        lost.lose()
        assert restored(lost, backup=new)[1] == 4
    held = os.open(lost.backup, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    refused_backup(lost, lost.backup, "Another backup is writing")
    os.close(held)
    if os.geteuid() == 0:
        with small_disk(lost.folder.parent / "small") as small:
            refused_backup(lost, small, "disk is full")
            assert not list((small / "base").glob("[0-9]*"))


def test_two_folders_in_turn(lost):
    """The log between is in the other one, so the first takes a base anew; what lies before it hinders no restore."""
    restored(lost)
    with new_folder(lost) as one, new_folder(lost, "two") as two:
        for folder in (one, two, one):
            lost.add(str(folder).encode() + os.urandom(8))
            lost.sql("select pg_switch_wal()")
            good(script(lost.folder, "backup", folder))
            time.sleep(1)  # a base is named by its second
        assert len(list((one / "base").glob("[0-9]*"))) == 2
        lost.lose()
        assert restored(lost, backup=one)[1] == 6


def test_not_beside_a_system_that_runs(lost):
    (lost.folder / "sv").mkdir()
    with subprocess.Popen(["runsvdir", "-P", lost.folder / "sv"]) as supervisor:
        (lost.folder / "run/supervisor.pid").write_text(f"{supervisor.pid}\n")
        refused(lost, "The system runs; stop it first")
        supervisor.terminate()
    restored(lost)


def refused(state, said, *to):
    run = script(state.folder, "restore", state.backup, *to)
    assert run.returncode == 1 and said in run.stderr and "错误" in run.stderr, run.stderr
    assert not state.pg.exists()
    return run.stderr


def test_what_cannot_be_checked_does_not_run(lost):
    restored(lost)
    lost.sql("alter table progress.evidence rename to elsewhere")
    with new_folder(lost) as new:
        good(script(lost.folder, "backup", new))
        lost.lose()
        run = script(lost.folder, "restore", new)
    assert run.returncode == 1 and "unchecked, it was stopped" in run.stderr, run.stderr
    assert not (lost.pg / "data/postmaster.pid").exists()


def copy_evidence(state, source, target):
    """As backup and restore call it."""
    return subprocess.run(["bash", "-c", f". {TOP}/deploy/data.sh && copy_evidence {source} {target} || exit 7"],
                          capture_output=True, text=True, env={"PATH": os.environ["PATH"], "BIHUAN_STATE": str(state.folder)})


def evidence_file(folder, data, kept=None):
    """Named by the digest of its data, of which only so much was kept."""
    digest = hashlib.sha256(data).hexdigest()
    path = folder / digest[:2] / digest[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data[:kept])
    return path


def test_copies_of_evidence_are_whole(story, tmp_path):
    """A cut-off copy is made anew, a whole one is not given for a cut-off one, a link in wait is not followed."""
    source, target, other = tmp_path / "source", tmp_path / "target", tmp_path / "other"
    other.write_bytes(b"other")
    evidence_file(source, b"cut off in the copy")
    copy = evidence_file(target, b"cut off in the copy", 3)
    evidence_file(source, b"cut off in the source", 3)
    whole = evidence_file(target, b"cut off in the source")
    (target / ".new").symlink_to(other)
    good(copy_evidence(story, source, target))
    assert copy.read_bytes() == b"cut off in the copy" and copy.stat().st_mode & 0o777 == 0o400
    assert whole.read_bytes() == b"cut off in the source"
    assert other.read_bytes() == b"other" and other.stat().st_mode & 0o200 and not os.path.lexists(target / ".new")
    shutil.rmtree(target)
    assert copy_evidence(story, source, target).returncode == 7


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small file system")
def test_evidence_on_a_full_disk(lost):
    """No cut-off file has a name, and the restore says that it was not made."""
    for byte in range(3):
        evidence_file(lost.backup / "evidence", bytes([byte]) * (3 << 20))
    with small_disk(lost.evidence) as small:
        refused(lost, "Not all evidence was copied")
        copies = [path for path in small.rglob("*") if path.is_file()]
        assert 0 < len(copies) and all(hashlib.sha256(path.read_bytes()).hexdigest() == path.parent.name + path.name for path in copies)


def damage(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.chmod(0o600)
    path.write_bytes(data)


def test_a_second_nobody_kept(lost):
    refused(lost, f"No backup is older than {lost.early}; there are, in the time zone of this machine: {now()[:8]}", "--to", lost.early)
    assert "FATAL" not in refused(lost, "The archived log ends before", "--to", "2099-01-01 00:00:00")
    for word in ("soon", "", "tomorrow", "yesterday", "2026-11-22", "2026-13-01 00:00:00", "2026-11-22 10:15:00 UTC"):
        run = script(lost.folder, "restore", lost.backup, "--to", word)
        assert run.returncode == 2 and "Usage" in run.stderr and not lost.pg.exists()
    assert "no folder of backups" in script(lost.folder, "restore", lost.folder).stderr
    for words in ([], [""], ["one", "two"]):
        assert script(lost.folder, "backup", *words).returncode == 2


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

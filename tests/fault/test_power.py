"""The power goes: what PostgreSQL acknowledged, set up as deploy/cluster does it, is there when it is back."""
import pathlib
import shutil
import tempfile

import pytest
from disk import Cluster, Disk, acknowledged_rows, refusal

ROWS = 100


@pytest.fixture
def disk():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bihuan-disk."))
    folder.chmod(0o755)
    reason = refusal(folder)
    if reason:
        shutil.rmtree(folder)
        pytest.skip(f"no disk can be mounted here: {reason}")
    made = Disk(folder)
    yield made
    made.remove()
    shutil.rmtree(folder)


def cycle(disk, cluster, number):
    """Rows are written, the power goes and comes back. Those that were acknowledged, and those of them that are lost."""
    cluster.start()
    rows = acknowledged_rows(cluster, number * ROWS, ROWS)
    disk.power_loss()
    cluster.kill()
    disk.unmount()
    disk.mount()
    cluster.start()
    kept = set(cluster.sql("select i from kept"))
    cluster.stop()
    return rows, set(rows) - kept


def prepared(disk, *settings):
    cluster = Cluster(disk.place / "pg")
    cluster.start()
    cluster.sql("create table kept (i int8 primary key)")
    cluster.stop()
    cluster.set(*settings)
    return cluster


def lose_power(disk, capsys, cycles):
    cluster = prepared(disk)
    for number in range(cycles):
        rows, lost = cycle(disk, cluster, number)
        assert len(rows) == ROWS and not lost, f"cycle {number}: {sorted(lost)}"
    with capsys.disabled():
        print(f"\n{cycles} times the power went: 0 of {cycles * ROWS} acknowledged rows lost")


def test_what_was_acknowledged_is_there(disk, capsys):
    lose_power(disk, capsys, cycles=3)


@pytest.mark.long
def test_a_hundred_times(disk, capsys):
    lose_power(disk, capsys, cycles=100)


def test_without_fsync_it_is_lost(disk):
    """The control: this test can see a loss."""
    rows, lost = cycle(disk, prepared(disk, "fsync = off"), 0)
    assert len(rows) == ROWS and lost

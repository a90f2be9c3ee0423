"""The scripts around the build: the closing count, and what is said when packages cannot be installed."""
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
REPORT = """<testsuite>
  <testcase classname="a" name="good"/>
  <testcase classname="a" name="bad"><failure message="x"/></testcase>
  <testcase classname="a" name="broken"><error message="x"/></testcase>
  <testcase classname="a" name="left"><skipped/></testcase>
</testsuite>"""


def count(folder):
    run = subprocess.run([TOP / "tools/count-results", folder], capture_output=True, text=True)
    return run.returncode, run.stdout.splitlines()


def test_reports_and_steps_are_added_up(tmp_path):
    (tmp_path / "one.xml").write_text(REPORT)
    (tmp_path / "check-source.passed").touch()
    (tmp_path / "build-dev.failed").touch()
    assert count(tmp_path) == (1, ["FAILED a bad", "FAILED a broken", "FAILED build-dev", "2 passed, 3 failed, 1 skipped"])


def test_all_good_is_zero(tmp_path):
    (tmp_path / "check-source.passed").touch()
    assert count(tmp_path) == (0, ["1 passed, 0 failed, 0 skipped"])


def test_nothing_run_is_a_failure(tmp_path):
    assert count(tmp_path) == (1, ["0 passed, 0 failed, 0 skipped"])


@pytest.fixture
def open_folder():
    """A folder that everybody can enter."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield pathlib.Path(folder)


def install(folder, package):
    """deploy/install-packages as somebody who is not root and has no sudo."""
    tools = folder / "bin"
    tools.mkdir()
    for name in ("bash", "dirname", "dpkg-query", "grep", "id", "apt-get"):
        (tools / name).symlink_to(shutil.which(name))
    shutil.copytree(TOP / "deploy", folder / "deploy")
    (folder / "list").write_text(f"# a comment\ndpkg\n{package}\n")
    drop = [shutil.which("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
    return subprocess.run([*drop, tools / "bash", folder / "deploy/install-packages", folder / "list"], capture_output=True,
                          text=True, env={"PATH": str(tools)})


def test_without_root_and_sudo_the_missing_package_is_named(open_folder):
    run = install(open_folder, "no-such-package")
    assert run.returncode == 1
    assert "apt-get install no-such-package" in run.stderr and "neither root nor have sudo" in run.stderr


def test_nothing_is_asked_when_all_is_there(open_folder):
    run = install(open_folder, "not-packaged bash")
    assert (run.returncode, run.stderr) == (0, "")

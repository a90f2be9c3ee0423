"""The scripts around the build: the closing count, and what is said when packages cannot be installed."""
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
REPORT = """<testsuite>
  <testcase classname="a" name="good"/>
  <testcase classname="a" name="bad"><failure message="x"/></testcase>
  <testcase classname="a" name="broken"><error message="x">line 1
line 2</error></testcase>
  <testcase classname="a" name="left"><skipped/></testcase>
</testsuite>"""


def count(folder):
    run = subprocess.run([TOP / "tools/count-results", folder], capture_output=True, text=True)
    return run.returncode, run.stdout.splitlines()


def test_reports_and_steps_are_added_up(tmp_path):
    (tmp_path / "one.xml").write_text(REPORT)
    (tmp_path / "check-source.passed").touch()
    (tmp_path / "build-dev.failed").write_text("\n".join(f"error {i}" for i in range(100)))
    status, lines = count(tmp_path)
    assert status == 1
    assert lines[:3] == ["--- a broken", "line 1", "line 2"]
    assert lines[3:-4] == ["--- build-dev"] + [f"error {i}" for i in range(60, 100)]
    assert lines[-4:] == ["FAILED a bad", "FAILED a broken", "FAILED build-dev", "2 passed, 3 failed, 1 skipped"]


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


def choosing(folder, name, **settings):
    """Starts what deploy/up does to choose the settings of the installation folder/name; the registry is the folder's own."""
    script = f'. "{TOP}/deploy/site.sh"; account_folder() {{ echo "{folder}/account"; }}; choose_settings; echo "$port"'
    environment = {"PATH": os.environ["PATH"], "BIHUAN_STATE": str(folder / name), **settings}
    return subprocess.Popen(["bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def chosen(process):
    out, err = process.communicate()
    assert process.returncode == 0, err
    return int(out)


def test_installations_made_at_the_same_time_choose_different_ports(tmp_path):
    ports = [chosen(process) for process in [choosing(tmp_path, f"clone{i}") for i in range(8)]]
    tens = sorted(ports)
    assert all(later - earlier >= 10 for earlier, later in zip(tens, tens[1:])), ports
    assert [chosen(choosing(tmp_path, f"clone{i}")) for i in range(8)] == ports, "a choice stays"


def test_ports_of_others_are_left_alone_while_the_others_exist(tmp_path):
    chosen(choosing(tmp_path, "first", BIHUAN_PORT="8455"))  # in the second ten and the third
    with socket.socket() as listener:
        first_ten = chosen(choosing(tmp_path, "probe"))
        shutil.rmtree(tmp_path / "probe")
        listener.bind(("127.0.0.1", first_ten + 9))
        listener.listen()
        assert chosen(choosing(tmp_path, "second")) > first_ten + 10
    shutil.rmtree(tmp_path / "second")
    assert chosen(choosing(tmp_path, "third")) == first_ten, "what was removed is free again"
    assert {link.resolve().name for link in (tmp_path / "account/bihuan-installations").glob("[!.]*")} == {"first", "third"}


def test_when_no_ports_are_left_the_setting_is_named(tmp_path):
    for port in range(8443, 9443, 15):
        folder = tmp_path / f"at{port}"
        folder.mkdir()
        (folder / "settings").write_text(f"port={port}\n")
        (tmp_path / "account/bihuan-installations").mkdir(parents=True, exist_ok=True)
        (tmp_path / "account/bihuan-installations" / str(port)).symlink_to(folder)
    process = choosing(tmp_path, "last")
    assert "BIHUAN_PORT" in process.communicate()[1] and process.returncode == 1
    assert not (tmp_path / "last/settings").exists()
    assert chosen(choosing(tmp_path, "last", BIHUAN_PORT="9900")) == 9900

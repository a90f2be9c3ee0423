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
    run = subprocess.run([TOP / "tools/count-results", folder, "62"], capture_output=True, text=True)
    return run.returncode, run.stdout.splitlines()


def test_reports_and_steps_are_added_up(tmp_path):
    (tmp_path / "one.xml").write_text(REPORT)
    (tmp_path / "check-source.passed").touch()
    (tmp_path / "build-dev.failed").write_text("\n".join(f"error {i}" for i in range(100)))
    status, lines = count(tmp_path)
    assert status == 1
    assert lines[:3] == ["--- a broken", "line 1", "line 2"]
    assert lines[3:-4] == ["--- build-dev"] + [f"error {i}" for i in range(60, 100)]
    assert lines[-4:] == ["FAILED a bad", "FAILED a broken", "FAILED build-dev", "2 passed, 3 failed, 1 skipped in 62 s"]


def test_all_good_is_zero(tmp_path):
    (tmp_path / "check-source.passed").touch()
    assert count(tmp_path) == (0, ["1 passed, 0 failed, 0 skipped in 62 s"])


def test_nothing_run_is_a_failure(tmp_path):
    assert count(tmp_path) == (1, ["0 passed, 0 failed, 0 skipped in 62 s"])


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


def in_site(script, **environment):
    """Starts a script that has read deploy/site.sh."""
    return subprocess.Popen(["bash", "-c", f'. "{TOP}/deploy/site.sh"; {script}'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env={"PATH": os.environ["PATH"], **environment})


def choosing(folder, name, listening=(), **settings):
    """What deploy/up does to choose the settings of the installation folder/name, on a machine where these ports are in use."""
    played = f'account_folder() {{ echo "{folder}/account"; }}; in_use() {{ [[ " {" ".join(map(str, listening))} " == *" $1 "* ]]; }}'
    return in_site(f'{played}; choose_settings; echo "$port"', BIHUAN_STATE=str(folder / name), **settings)


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
    assert chosen(choosing(tmp_path, "second", listening=[8452])) == 8473
    assert chosen(choosing(tmp_path, "third")) == 8443
    shutil.rmtree(tmp_path / "third")
    assert chosen(choosing(tmp_path, "fourth")) == 8443, "what was removed is free again"
    links = (tmp_path / "account/bihuan-installations").glob("[!.]*")
    assert {link.resolve().name for link in links} == {"first", "second", "fourth"}


def test_a_port_that_somebody_listens_on_is_in_use():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert chosen(in_site(f"busy_port {port} 1")) == port
    assert in_site(f"in_use {port}").wait() == 1


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


def test_up_takes_no_arguments():
    run = subprocess.run([TOP / "deploy/up", "--help"], capture_output=True, text=True)
    assert run.returncode == 1 and "用法" in run.stderr and "Usage" in run.stderr


@pytest.mark.parametrize("named, own", [(str(TOP / "state"), "yes"), ("/tmp/elsewhere", "no")])
def test_the_state_of_the_clone_is_its_own_whoever_names_it(named, own):
    assert in_site(f'state={named}; if is_own_state; then echo yes; else echo no; fi').communicate()[0].strip() == own

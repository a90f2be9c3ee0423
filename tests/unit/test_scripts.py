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
    return in_site(f'{played}; check_settings; choose_settings; echo "$port"', BIHUAN_STATE=str(folder / name), **settings)


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


@pytest.mark.parametrize("text", ["", "many", "8443x", "a[$(touch here)]"])
def test_a_port_of_others_that_is_no_number_is_none(tmp_path, text):
    other = tmp_path / "other"
    other.mkdir()
    (other / "settings").write_text(f"port={text}\n")
    (tmp_path / "account/bihuan-installations").mkdir(parents=True)
    (tmp_path / "account/bihuan-installations/other").symlink_to(other)
    assert chosen(choosing(tmp_path, "one")) == 8443


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


@pytest.mark.parametrize("name", ["up", "down", "status", "lay", "backup", "restore"])
def test_an_argument_that_is_not_understood_does_nothing(tmp_path, name):
    run = subprocess.run([TOP / "deploy" / name, "--help"], capture_output=True, text=True, cwd=tmp_path,
                         env={"PATH": os.environ["PATH"], "BIHUAN_STATE": str(tmp_path / "state")})
    assert run.returncode == 2 and run.stderr.startswith(f"用法：deploy/{name}") and f"Usage: deploy/{name}" in run.stderr
    assert run.stdout == "" and not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["backup", "restore"])
def test_a_folder_whose_name_would_be_read_as_a_command_is_refused(tmp_path, name):
    for wrong in ("it's", '"', "%f", "$HOME", "`id`", "a\\b", "a\nb", "end\n", "a;b"):
        run = subprocess.run([TOP / "deploy" / name, wrong], capture_output=True, text=True, cwd=tmp_path,
                             env={"PATH": os.environ["PATH"], "BIHUAN_STATE": str(tmp_path / "state")})
        assert run.returncode == 1 and "不能用的字符" in run.stderr and "characters that cannot be used" in run.stderr, wrong
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("setting, wrong, said", [
    ("PORT", ["0", "65527", "08443", "8443 ", "$(id)", "a[0]"], "a number from 1 to 65526"),
    ("ADDRESS", ["here", "10.0.0.256", "127.0.0.1\nx=1", "::1"], "an IPv4 address"),
    ("PRESET", ["debug", "release|test", "../release"], "one of dev, test, tsan, fuzz, release, bench."),
    ("INSTANCES", ["0", "10"], "1 to 9"),
    ("CALLER_RATE", ["0", "1000001"], "a number from 1 to 1000000"),
    ("SAMPLE", ["maybe", "Yes"], "yes or no"),
    ("CLOCK_FILE", ["here", '/x"$(id)"'], "an absolute path")])
def test_a_setting_is_checked_before_it_is_stored(tmp_path, setting, wrong, said):
    for value in wrong:
        process = choosing(tmp_path, "one", **{f"BIHUAN_{setting}": value})
        told = process.communicate()[1]
        assert process.returncode == 1 and f"BIHUAN_{setting} must be {said}" in told and "应为" in told, value
    assert not (tmp_path / "one").exists()


@pytest.mark.parametrize("name", ["BIHUAN_CALLER_RTE", "BIHUAN_WORKERS", "BIHUAN_"])
def test_a_setting_that_is_not_known_is_named(tmp_path, name):
    """Nothing was done by then: no state, no packages."""
    run = subprocess.run([TOP / "deploy/up"], capture_output=True, text=True,
                         env={"PATH": os.environ["PATH"], "BIHUAN_STATE": str(tmp_path / "state"), name: "9", "BIHUAN_AS": "me"})
    assert run.returncode == 1 and f"There is no setting {name}; there are: BIHUAN_STATE " in run.stderr, run.stderr
    assert f"没有 {name} 这一设置" in run.stderr and "BIHUAN_CALLER_RATE" in run.stderr and not list(tmp_path.iterdir())


@pytest.mark.parametrize("script, status, said", [("status", 1, "Nothing is running"), ("down", 0, "Nothing is running"),
                                                  ("backup it", 1, "does not run"), ("sample/log-in", 1, "run deploy/up first")])
def test_who_only_looks_makes_no_state(open_folder, script, status, said):
    """Of a clone in which nothing was started."""
    shutil.copytree(TOP / "deploy", open_folder / "deploy")
    run = subprocess.run([open_folder / "deploy" / script.split()[0], *script.split()[1:]], capture_output=True, text=True,
                         cwd=open_folder, env={"PATH": os.environ["PATH"], "HOME": str(open_folder)})
    assert run.returncode == status and said in run.stderr, run.stderr
    assert [path.name for path in open_folder.iterdir()] == ["deploy"]


def test_the_last_ten_ports_may_be_chosen(tmp_path):
    process = choosing(tmp_path, "one", BIHUAN_PORT="65526", BIHUAN_ADDRESS="0.0.0.0", BIHUAN_PRESET="test")
    assert chosen(process) == 65526
    assert (tmp_path / "one/settings").read_text() == "port=65526\naddress=0.0.0.0\npreset=test\ninstances=1\n"


@pytest.mark.parametrize("named, own", [(str(TOP / "state"), "yes"), ("/tmp/elsewhere", "no")])
def test_the_state_of_the_clone_is_its_own_whoever_names_it(named, own):
    assert in_site(f'state={named}; if is_own_state; then echo yes; else echo no; fi').communicate()[0].strip() == own

"""deploy/lay: what each host gets, that keys stay where they belong, and what is said of an inventory that cannot work."""
import os
import pathlib
import stat
import subprocess
import tarfile

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
ALL = "postgres directory target task progress audit gateway haproxy"
TWO = f"""\
# host  address   programs
one     10.0.0.1  {ALL}
two     10.0.0.2  directory target task task-2 progress audit gateway   # no front door
"""


def lay(folder, inventory, preset="test"):
    (folder / "inventory").write_text(inventory)
    return subprocess.run([TOP / "deploy/lay", folder / "inventory", folder / "out"], capture_output=True, text=True,
                          env={"PATH": os.environ["PATH"], "BIHUAN_PRESET": preset})


def files(folder, host):
    """name -> (mode, bytes) of what lies on a host."""
    with tarfile.open(folder / f"out/{host}.tar") as tar:
        return {one.name: (one.mode, tar.extractfile(one).read() if one.isfile() else one.linkname) for one in tar}


@pytest.fixture(scope="module")
def laid(tmp_path_factory):
    folder = tmp_path_factory.mktemp("laid")
    run = lay(folder, TWO)
    assert run.returncode == 0, run.stderr
    return folder


def test_each_host_has_its_programs(laid):
    one, two = files(laid, "one"), files(laid, "two")
    assert one["etc/bihuan/units"][1].split() == [b"bihuan-postgres.service"] + [
        f"bihuan-service@{name}.service".encode() for name in ALL.split()[1:6]] + [b"bihuan-gateway.service", b"haproxy.service"]
    assert b"bihuan-service@task-2.service" in two["etc/bihuan/units"][1] and b"postgres" not in two["etc/bihuan/units"][1]
    assert two["usr/lib/bihuan/bihuan-task-2"][1] == "bihuan-task"
    assert b'ENDPOINT="tcp://10.0.0.2:7013"' in two["etc/bihuan/task-2.env"][1]
    assert b"host=10.0.0.1 port=5432" in two["etc/bihuan/task-2.env"][1] and b"sslmode=verify-full" in two["etc/bihuan/task-2.env"][1]
    assert b'ENDPOINT="tcp://10.0.0.1:7006"\nBIHUAN_OTHERS="gateway.two"\n' in one["etc/bihuan/gateway.env"][1]
    assert one["etc/bihuan/postgres"][1] == b"10.0.0.1 5432\n10.0.0.1 10.0.0.2 \n"
    assert "etc/bihuan/logins.sql" in one and "etc/bihuan/logins.sql" not in two


def test_lists_name_everybody(laid):
    one, two = files(laid, "one"), files(laid, "two")
    for name in ("etc/bihuan/peers", "etc/bihuan/allow", "etc/bihuan/ca.pem"):
        assert one[name] == two[name]
    peers = [line.split() for line in one["etc/bihuan/peers"][1].decode().splitlines()]
    tasks = [row[1] for row in peers if row[0] == "bihuan.v1.TaskService"]
    assert tasks == ["tcp://10.0.0.1:7003", "tcp://10.0.0.2:7003", "tcp://10.0.0.2:7013"]
    assert [row[:2] for row in peers[-2:]] == [["gateway.one", "tcp://10.0.0.1:7006"], ["gateway.two", "tcp://10.0.0.2:7006"]]
    allowed = [line.split() for line in one["etc/bihuan/allow"][1].decode().splitlines()]
    assert {row[2] for row in peers} == {row[2] for row in allowed} and len(allowed) == len(peers) == 13


def test_secrets_are_closed_and_at_their_host_only(laid):
    for host in ("one", "two"):
        path = laid / f"out/{host}.tar"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        secret = {mode for name, (mode, _) in files(laid, host).items()
                  if name.startswith("etc/") and name.endswith((".key", ".env", "host.pem", ".sql"))}
        assert secret == {0o600}
        assert files(laid, host)["etc/bihuan/keys"][0] == 0o700 and files(laid, host)["etc/bihuan"][0] == 0o755
    keys = [[content for name, (_, content) in files(laid, host).items() if name.endswith(".key")] for host in ("one", "two")]
    assert len({*keys[0], *keys[1]}) == 6 + 7, "no key is at two hosts"
    assert stat.S_IMODE((laid / "out/secret").stat().st_mode) == 0o700


def test_once_more_changes_nothing(laid):
    before = {host: files(laid, host) for host in ("one", "two")}
    assert lay(laid, TWO).returncode == 0
    assert {host: files(laid, host) for host in ("one", "two")} == before
    assert sorted(path.name for path in (laid / "out").iterdir()) == ["one.tar", "secret", "two.tar"]


def test_a_change_of_the_site_keeps_the_keys(laid):
    one, two = files(laid, "one"), files(laid, "two")
    assert lay(laid, TWO.replace("10.0.0.2", "10.0.0.9") + "three 10.0.0.3 task\n").returncode == 0
    after = files(laid, "one")
    assert {name for name in one if one[name] != after[name]} == {"etc/bihuan/allow", "etc/bihuan/peers", "etc/bihuan/postgres"}
    assert files(laid, "two")["etc/bihuan/keys/host.pem"] != two["etc/bihuan/keys/host.pem"], "the certificate names the address"
    assert lay(laid, TWO).returncode == 0
    assert files(laid, "one")["etc/bihuan/allow"] == one["etc/bihuan/allow"], "whoever is gone is not let in any more"


@pytest.mark.parametrize("inventory, said", [
    ("", "postgres runs nowhere"),
    (TWO.replace("postgres ", ""), "postgres runs nowhere"),
    (TWO.replace("audit", ""), "audit runs nowhere"),
    (TWO + f"three 10.0.0.3 {ALL}\n", "postgres runs at one host only"),
    (TWO + "two 10.0.0.3 task\n", "line 4: host two stands here twice"),
    (TWO + "three task\n", "line 4: host three has no IPv4 address"),
    (TWO + "three\n", "line 4: host three has no IPv4 address"),
    (TWO + "Three 10.0.0.3 task\n", "line 4: the host's name Three"),
    (TWO + "three 10.0.0.3 tasks\n", "line 4: tasks is no program"),
    (TWO + "three 10.0.0.3 task-1\n", "line 4: task-1 is no program"),
    (TWO + "three 10.0.0.3 task:0x1\n", "line 4: task:0x1 is no program"),
    (TWO + "three 10.0.0.3 task:99999\n", "line 4: three/task has no port 99999"),
    (TWO + "three 10.0.0.3 task task\n", "line 4: task stands at host three twice; a second instance is called task-2"),
    (TWO + "three 10.0.0.3 task audit:7003\n", "line 4: three/audit and three/task share the port 10.0.0.3:7003"),
    (TWO + "three 10.0.0.2 task\n", "line 4: three/task and two/task share the port"),
    (TWO + "three 10.0.0.3 gateway gateway-2\n", "line 4: a host has one gateway only"),
    (TWO + "three 10.0.0.3 haproxy\n", "host three has a haproxy and no gateway"),
    (TWO.replace("gateway haproxy", ""), "host one has postgres and no gateway"),
])
def test_an_inventory_that_cannot_work(tmp_path, inventory, said):
    run = lay(tmp_path, inventory)
    assert run.returncode == 1 and said in run.stderr and "错误" in run.stderr, run.stderr
    assert not (tmp_path / "out").exists()


def test_without_an_inventory_or_programs(tmp_path):
    run = subprocess.run([TOP / "deploy/lay", tmp_path / "none", tmp_path / "out"], capture_output=True, text=True)
    assert run.returncode == 1 and "cannot be read" in run.stderr
    run = subprocess.run([TOP / "deploy/lay"], capture_output=True, text=True)
    assert run.returncode == 1 and "Usage" in run.stderr
    run = lay(tmp_path, TWO, preset="no-such-build")
    assert run.returncode == 1 and "no programs" in run.stderr and not (tmp_path / "out").exists()

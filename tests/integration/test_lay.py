"""deploy/lay: what each host gets, that keys stay where they belong, and what is said of an inventory that cannot work."""
import os
import pathlib
import shutil
import stat
import subprocess
import tarfile

import pytest

pytestmark = pytest.mark.xdist_group("lay")  # the site that is laid is made once
TOP = pathlib.Path(__file__).resolve().parents[2]
ALL = "postgres directory target task progress audit gateway haproxy"
TWO = f"""\
# host  address   programs
one     10.0.0.1  {ALL}
two     10.0.0.2  directory target task task-2 progress audit gateway   # no front door
"""


def lay(folder, inventory, preset="test", path=os.environ["PATH"], **settings):
    (folder / "inventory").write_text(inventory)
    return subprocess.run([TOP / "deploy/lay", folder / "inventory", folder / "out"], capture_output=True, text=True,
                          env={"PATH": path, "BIHUAN_PRESET": preset, **settings})


def gateways(n):
    """n hosts with a gateway each."""
    return "".join(f"g{i} 10.1.0.{i} gateway\n" for i in range(n))


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
    assert b"After=network-online.target bihuan-postgres.service\n" in one["etc/systemd/system/bihuan-service@.service"][1]


def test_a_host_has_the_command_and_the_first_operator(laid):
    two = files(laid, "two")
    assert two["usr/bin/bihuan"][0] == 0o755 and b"https://10.0.0.1:8443}" in two["usr/bin/bihuan"][1] and b"/etc/bihuan/ca.pem" in two["usr/bin/bihuan"][1]
    assert two["usr/lib/bihuan/bihuan"][0] == 0o755
    operator = two["usr/lib/bihuan/deploy/first-operator"][1].decode()
    assert "/etc/bihuan/directory.env" in operator and "usr/lib/bihuan/deploy/say.sh" in two
    for arguments, status in (([], 2), (["--help"], 2), (["operator01"], 1)):  # there is no /etc/bihuan here
        run = subprocess.run([TOP / "deploy/first-operator", *arguments], capture_output=True, text=True, input="")
        assert run.returncode == status and ("用法" in run.stderr or "No directory runs here" in run.stderr), run.stderr


@pytest.mark.parametrize("name, value", [("BIHUAN_CONNECTIONS_MAX", "abc"), ("BIHUAN_CONNECTIONS_MAX", "5|x"), ("BIHUAN_CLOCK_FILE", '/x"$(id)"')])
def test_settings_are_checked_before_anything_is_laid(tmp_path, name, value):
    run = lay(tmp_path, TWO, **{name: value})
    assert run.returncode == 1 and f"{name} must be" in run.stderr and not (tmp_path / "out").exists(), run.stderr


def test_a_certificate_names_where_programs_are_reached(tmp_path):
    """And of several front doors the first is the command's, however fast they are listed."""
    run = lay(tmp_path, "one 10.0.0.1 postgres@10.0.0.9 directory target task progress audit gateway haproxy@203.0.113.5:443\ntwo 10.0.0.2 gateway haproxy\n")
    assert run.returncode == 0, run.stderr
    text = subprocess.run(["openssl", "x509", "-noout", "-ext", "subjectAltName"], capture_output=True, text=True,
                          input=files(tmp_path, "one")["etc/bihuan/keys/host.pem"][1].decode()).stdout
    assert all(f"IP Address:{address}" in text for address in ("10.0.0.1", "10.0.0.9", "203.0.113.5", "127.0.0.1")) and "10.0.0.2" not in text
    assert b"https://203.0.113.5:443}" in files(tmp_path, "two")["usr/bin/bihuan"][1]


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
    (TWO + "three 10.0.0.3 # later\n", "line 4: host three is to run nothing"),
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
    (TWO + "three 10.0.0.3 tasks", "line 4: tasks is no program"),  # without a newline
    (TWO + "three 999.1.1.1 task\n", "line 4: host three has no IPv4 address"),
    (TWO + "three 10.0.0.256 task\n", "line 4: host three has no IPv4 address"),
    (TWO + "three 10.0.0.03 task\n", "line 4: host three has no IPv4 address"),
    (TWO + "three 10.0.0.3 task@999.1.1.1\n", "line 4: task@999.1.1.1 is no program"),
    (TWO + "three 10.0.0.3 task:08000\n", "line 4: task:08000 is no program"),
    (TWO + "three 10.0.0.3 task:0\n", "line 4: three/task has no port 0"),
    (TWO + gateways(15), "line 18: there are more than 16 instances of gateway"),
    (TWO + "".join(f"h{i} 10.1.0.{i} task\n" for i in range(14)), "line 17: there are more than 16 instances of task"),
    (TWO + "".join(f"h{i} 10.1.0.{i} directory target progress audit\n" for i in range(13)),
     "line 16: there are more than 64 instances of services and gateways"),
    (TWO + "".join(f"h{i} 10.1.{i // 250}.{i % 250} {'haproxy' if i < 14 else ALL.split()[1 + i % 5]}\n" for i in range(10000)), "line 66: there are more than 64 hosts"),
])
def test_an_inventory_that_cannot_work(tmp_path, inventory, said):
    run = lay(tmp_path, inventory)
    assert run.returncode == 1 and said in run.stderr and "错误" in run.stderr, run.stderr
    assert not (tmp_path / "out").exists()


def in_bash(script, *arguments, path=os.environ["PATH"]):
    """Runs functions of the scripts by themselves, as no host needs to be packed for them."""
    return subprocess.run(["bash", "-c", ". deploy/say.sh; . deploy/inventory.sh; . deploy/secrets.sh; " + script, "-", *arguments],
                          cwd=TOP, capture_output=True, text=True, env={"PATH": path})


def peers(folder, inventory):
    (folder / "inventory").write_text(inventory)
    run = in_bash('public_key() { echo KEY; }; read_inventory "$1"; peers_text', folder / "inventory")
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def test_a_site_as_large_as_can_be(tmp_path):
    """16 gateways and 48 servers, the peers file of 64 rows is full; the last line has no newline."""
    rows = peers(tmp_path, TWO + gateways(14) + "".join(f"h{i} 10.2.0.{i} directory target task\n" for i in range(11)) +
                 "last 10.3.0.1 audit audit-2 audit-3 audit-4")
    assert len(rows) == 64 and len([row for row in rows if row.startswith("gateway.")]) == 16
    assert "bihuan.v1.AuditService tcp://10.3.0.1:7035 KEY" in rows


def test_a_gateway_that_is_alone_takes_no_row(tmp_path):
    more = "".join(f"h{i} 10.2.0.{i} directory target task progress\n" for i in range(14)) + "last 10.3.0.1 audit directory audit-2\n"
    assert len(peers(tmp_path, TWO.splitlines()[1] + "\n" + more)) == 64


def test_a_site_without_a_front_door_is_told_so(tmp_path):
    run = lay(tmp_path, f"one 10.0.0.1 {ALL}\n".replace(" haproxy", ""))
    assert run.returncode == 0 and "The inventory has no haproxy" in run.stderr
    run = lay(tmp_path, f"one 10.0.0.1 {ALL}\n")
    assert run.returncode == 0 and "The inventory has no haproxy" not in run.stderr


def test_a_host_may_have_any_name(tmp_path):
    """Names of programs and of our own files too: nothing of one host is in the way of another's, or of the authority's."""
    names = ["ca", "tls", "hosts", "keys", "task"]
    run = lay(tmp_path, TWO.splitlines()[1] + "\n" + "".join(f"{name} 10.0.1.{i} task\n" for i, name in enumerate(names)))
    assert run.returncode == 0, run.stderr
    for name in ["one", *names]:
        host = files(tmp_path, name)
        (tmp_path / "host.pem").write_bytes(host["etc/bihuan/keys/host.pem"][1])
        (tmp_path / "ca.pem").write_bytes(host["etc/bihuan/ca.pem"][1])
        check = subprocess.run(["openssl", "verify", "-CAfile", tmp_path / "ca.pem", "-verify_hostname", name, tmp_path / "host.pem"],
                               capture_output=True, text=True)
        assert check.returncode == 0, check.stderr
        assert host["etc/bihuan/keys/task.key"][1].startswith(b"secret ")


@pytest.mark.parametrize("fails, nth", [("rand", 1), ("req", 1), ("req", 2), ("x509", 2)])  # the first x509 looks at what is there
def test_openssl_fails(tmp_path, fails, nth):
    """Of a password, the authority, a certificate: it is said, what is not whole has no name yet, the next time makes it."""
    (tmp_path / "bin").mkdir()
    fake, secret = tmp_path / "bin/openssl", tmp_path / "secret"
    secret.mkdir()
    fake.write_text(f"""#!/bin/sh
[ "$1" != {fails} ] || echo >>{tmp_path}/calls
[ "$1" != {fails} ] || [ "$(wc -l <{tmp_path}/calls)" != {nth} ] || {{
    while [ $# -gt 0 ]; do case $1 in -keyout | -out) echo half >"$2" ;; esac; shift; done
    echo "no room for it" >&2
    exit 1
}}
exec {shutil.which("openssl")} "$@"
""")
    fake.chmod(0o755)
    make = 'make_password "$1" task; make_authority "$1/tls"; make_certificate "$1/tls" "$1/tls/hosts" one DNS:one'
    run = in_bash(make, secret, path=f"{fake.parent}:{os.environ['PATH']}")
    assert run.returncode == 1 and f"错误：openssl {fails} 失败：no room for it" in run.stderr, run.stderr
    assert not [one for one in secret.rglob("*.*") if one.suffix != ".new" and "half" in one.read_text()]
    assert not (secret / "tls/hosts/one.pem").exists() and (secret / "task.pgpass").exists() == (fails != "rand")
    assert (secret / "tls/ca.key").exists() == ((fails, nth) in (("req", 2), ("x509", 2)))
    run = in_bash(make, secret)
    assert run.returncode == 0, run.stderr
    assert len((secret / "task.pgpass").read_text().strip().split(":")[4]) == 48
    assert subprocess.run(["openssl", "verify", "-CAfile", secret / "tls/ca.pem", secret / "tls/hosts/one.pem"],
                          capture_output=True).returncode == 0
    assert not list(secret.rglob("*.new")) and {stat.S_IMODE(one.stat().st_mode) for one in secret.rglob("*.key")} == {0o600}


def test_without_an_inventory_or_programs(tmp_path):
    run = subprocess.run([TOP / "deploy/lay", tmp_path / "none", tmp_path / "out"], capture_output=True, text=True)
    assert run.returncode == 1 and "cannot be read" in run.stderr
    run = subprocess.run([TOP / "deploy/lay"], capture_output=True, text=True)
    assert run.returncode == 2 and "Usage" in run.stderr
    run = lay(tmp_path, TWO, preset="no-such-build")
    assert run.returncode == 1 and "no programs" in run.stderr and not (tmp_path / "out").exists()

"""Foreign clients of the gateway, also through HAProxy with the configuration of an installation."""
import contextlib
import json
import pathlib
import re
import select
import shutil
import socket
import ssl
import struct
import subprocess
from dataclasses import dataclass

import pytest
from behind_gateway import HOLD, TOKEN, Gateway
from conformance import CHECKS, PEERS, Site
from descriptors import write_descriptors

TOP = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def gateway():
    with Gateway() as running:
        yield running


@dataclass
class Front:
    url: str
    port: int
    ca: pathlib.Path


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def make_certificate(folder):
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    subprocess.run(command, check=True, capture_output=True)
    (folder / "server.pem").write_bytes((folder / "cert.pem").read_bytes() + (folder / "key.pem").read_bytes())


@contextlib.contextmanager
def haproxy(gateway, state, connections=500, **times):
    """HAProxy as deploy/ sets it up, with some of its times in place of those there: its address, and whom to trust."""
    (state / "tls").mkdir()
    make_certificate(state / "tls")
    port = free_port()
    text = (TOP / "deploy" / "haproxy.cfg.in").read_text(encoding="utf-8")
    for mark, value in (("@ADDRESS@", "127.0.0.1"), ("@PORT@", port), ("@GATEWAY@", f"127.0.0.1:{gateway.port}"), ("@CERTIFICATE@", state / "tls/server.pem"),
                        ("@CONNECTIONS@", connections)):
        text = text.replace(mark, str(value))
    for name, value in times.items():
        text, n = re.subn(f"timeout {name.replace('_', '-')} .*", f"timeout {name.replace('_', '-')} {value}", text)
        assert n == 1
    (state / "haproxy.cfg").write_text(text, encoding="utf-8")
    program = shutil.which("haproxy") or "/usr/sbin/haproxy"
    process = subprocess.Popen([program, "-db", "-f", state / "haproxy.cfg"], stderr=subprocess.DEVNULL)
    address = f"https://127.0.0.1:{port}"
    gateway.wait_for(lambda: curl(f"{address}/livez").endswith("200"), "HAProxy does not answer")
    yield Front(address, port, state / "tls" / "cert.pem")
    process.terminate()
    process.wait(60)


@pytest.fixture(scope="module")
def front(gateway, tmp_path_factory):
    with haproxy(gateway, tmp_path_factory.mktemp("haproxy")) as running:
        yield running


def curl(url, *options):
    """The body, then the status."""
    run = subprocess.run(["curl", "-sSk", "--max-time", "60", "-w", "%{http_code}", *options, url], capture_output=True, check=False)
    return run.stdout.decode()


@pytest.fixture(scope="module")
def site(gateway, front, tmp_path_factory):
    """The played services: text of every kind comes back, page_size asks for errors and waiting."""
    folder = tmp_path_factory.mktemp("site")
    names = ["南湖区政府", "🌸" * 1000]
    return Site(
        url=front.url,
        ca=front.ca,
        token=TOKEN,
        descriptors=write_descriptors(folder / "all.binpb"),
        unary=("DirectoryService", "ResolveUnits", {"names": names}),
        words=names,
        refused=("DirectoryService", "ListUnits", {"pageSize": 401}),
        code="aborted",
        detail={"reason": "STALE_VERSION", "messageZh": "已被他人更新", "messageEn": "It has moved.", "unblockZh": "督查室",
                "unblockEn": "supervision office"},
        slow=("DirectoryService", "ListUnits", HOLD),
        stream=("AuditService", "WatchChanges", {"firstIndex": "30"}),
        take=3,
        noticed=lambda trace: gateway.wait_for(lambda: gateway.logged("WatchChanges", "CANCELLED", trace, log="backend.log"), "the service did not notice"),
        holding=gateway.holding,
    )


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("peer", PEERS)
def test_conformance(site, peer, check):
    check(PEERS[peer], site)


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_curl_over_tls(front, version):
    call = ["-H", "content-type: application/json", "-H", f"authorization: Bearer {TOKEN}", "-d", "{}"]
    answer = curl(f"{front.url}/bihuan.v1.DirectoryService/GetMe", version, *call)
    assert '"handler01"' in answer and answer.endswith("200")


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_evidence_over_tls(front, version, tmp_path):
    (tmp_path / "file").write_bytes(bytes(range(256)) * 8192)
    token = ["-H", f"authorization: Bearer {TOKEN}"]
    stored = json.loads(curl(f"{front.url}/evidence?name=f{version[-1]}", version, "-T", str(tmp_path / "file"), *token)[:-3])
    curl(f"{front.url}/evidence/{stored['digest']}", version, "-o", str(tmp_path / "back"), *token)
    assert (tmp_path / "back").read_bytes() == (tmp_path / "file").read_bytes()


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_a_client_that_leaves_is_noticed_through_haproxy(gateway, front, version):
    """By the gateway, and by the service, which lets go of the call."""
    trace = version[-1] * 32
    call = ["-H", "content-type: application/json", "-H", f"authorization: Bearer {TOKEN}", "-d", json.dumps(HOLD)]
    call += ["-H", f"traceparent: 00-{trace}-00f067aa0ba902b7-01"]

    def log_lines():
        return [line for line in gateway.log.read_text(encoding="utf-8").splitlines() if f"trace={trace}" in line]

    with gateway.holding():
        command = ["curl", "-sSk", version, *call, f"{front.url}/bihuan.v1.DirectoryService/ListUnits"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
            gateway.wait_until_held()
            client.kill()
        gateway.wait_for(log_lines, "the gateway did not notice")
        gateway.wait_for(lambda: not (gateway.dir / "held").is_symlink(), "the service did not notice")
    assert "code=CANCELLED" in log_lines()[0]


# ---- who says nothing ----

CONNECTIONS = 20


@pytest.fixture(scope="module")
def narrow(gateway, tmp_path_factory):
    """A front door with few connections for each address, which loses patience with nobody."""
    with haproxy(gateway, tmp_path_factory.mktemp("narrow"), CONNECTIONS, client="10m") as running:
        yield running


@pytest.fixture(scope="module")
def strict(gateway, tmp_path_factory):
    """One that soon loses patience with whoever owes it something."""
    with haproxy(gateway, tmp_path_factory.mktemp("strict"), client="3s", http_request="2s") as running:
        yield running


def is_closed(connection):
    """Whether the other side has closed it by now; nothing else is to be read."""
    if not select.select([connection], [], [], 0)[0]:
        return False
    try:
        return connection.recv(1) == b""
    except OSError:
        return True


@contextlib.contextmanager
def silent(front, source, count):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(socket.create_connection(("127.0.0.1", front.port), source_address=(source, 0))) for _ in range(count)]


def test_silent_connections_of_one_address_cost_only_their_own(gateway, narrow):
    """Those beyond the bound are closed at once, and another address is served meanwhile."""
    with silent(narrow, "127.0.0.2", 3 * CONNECTIONS) as opened:
        gateway.wait_for(lambda: sum(map(is_closed, opened)) == 2 * CONNECTIONS, "nobody is refused")
        assert curl(f"{narrow.url}/livez", "--interface", "127.0.0.3").endswith("200")
        assert not curl(f"{narrow.url}/livez", "--interface", "127.0.0.2").endswith("200")
    gateway.wait_for(lambda: curl(f"{narrow.url}/livez", "--interface", "127.0.0.2").endswith("200"), "the address is not let in again")


def test_a_silent_connection_is_closed(gateway, front):
    """Before a minute is over."""
    with silent(front, "127.0.0.2", 1) as opened:
        gateway.wait_for(lambda: all(map(is_closed, opened)), "it is kept")


@contextlib.contextmanager
def spoken(front, *lines):
    """A TLS connection on which only these lines were sent."""
    context = ssl.create_default_context(cafile=front.ca)
    with socket.create_connection(("127.0.0.1", front.port), timeout=60) as plain, context.wrap_socket(plain, server_hostname="127.0.0.1") as tls:
        tls.sendall("".join(f"{line}\r\n" for line in lines).encode())
        yield tls


@pytest.mark.parametrize("lines", [["GET /livez HTTP/1.1"], ["POST /bihuan.v1.DirectoryService/Login HTTP/1.1", "host: localhost",
                                   "content-type: application/json", "content-length: 1000", "", "{"]], ids=["head", "body"])
def test_half_a_request_is_ended(gateway, front, lines):
    """The gateway does not hear of it."""
    before = gateway.counters()["bihuan_http_requests_open"]
    with spoken(front, *lines) as tls:
        assert tls.recv(4096).startswith(b"HTTP/1.1 408")
    assert gateway.counters()["bihuan_http_requests_open"] == before


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_whoever_waits_may_be_silent(gateway, strict, version):
    """Longer than it takes to lose patience with somebody who owes us something."""
    call = ["-H", "content-type: application/json", "-H", f"authorization: Bearer {TOKEN}", "-d", json.dumps(HOLD)]
    with gateway.holding():
        command = ["curl", "-sSk", version, "-o", "/dev/null", "-w", "%{http_code}", *call, f"{strict.url}/bihuan.v1.DirectoryService/ListUnits"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as client:
            gateway.wait_until_held()
            assert client.stdout.read() == b"504"


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_a_stream_may_be_silent(strict, version, tmp_path):
    """curl gives up on it, not HAProxy."""
    request = json.dumps({"firstIndex": "30"}).encode()
    (tmp_path / "request").write_bytes(struct.pack(">BI", 0, len(request)) + request)
    command = ["curl", "-sSk", version, "--max-time", "8", "-o", "/dev/null", "--data-binary", f"@{tmp_path / 'request'}"]
    command += ["-H", "content-type: application/connect+json", "-H", f"authorization: Bearer {TOKEN}", "-w", "%{http_code}"]
    run = subprocess.run([*command, f"{strict.url}/bihuan.v1.AuditService/WatchChanges"], capture_output=True, check=False)
    assert (run.returncode, run.stdout) == (28, b"200"), run.stderr

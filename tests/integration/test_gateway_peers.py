"""Foreign clients of the gateway, also through HAProxy with the configuration of an installation."""
import json
import pathlib
import shutil
import socket
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


@pytest.fixture(scope="module")
def front(gateway, tmp_path_factory):
    """HAProxy as deploy/ sets it up: its address, and whom to trust."""
    state = tmp_path_factory.mktemp("haproxy")
    (state / "tls").mkdir()
    make_certificate(state / "tls")
    port = free_port()
    text = (TOP / "deploy" / "haproxy.cfg.in").read_text(encoding="utf-8")
    for mark, value in (("@ADDRESS@", "127.0.0.1"), ("@PORT@", port), ("@GATEWAY@", f"127.0.0.1:{gateway.port}"), ("@CERTIFICATE@", state / "tls/server.pem")):
        text = text.replace(mark, str(value))
    (state / "haproxy.cfg").write_text(text, encoding="utf-8")
    haproxy = shutil.which("haproxy") or "/usr/sbin/haproxy"
    process = subprocess.Popen([haproxy, "-db", "-f", state / "haproxy.cfg"], stderr=subprocess.DEVNULL)
    address = f"https://127.0.0.1:{port}"
    gateway.wait_for(lambda: curl(f"{address}/livez").endswith("200"), "HAProxy does not answer")
    yield Front(address, state / "tls" / "cert.pem")
    process.terminate()
    process.wait(60)


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

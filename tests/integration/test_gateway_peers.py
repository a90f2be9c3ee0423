"""Foreign clients of the gateway, also through HAProxy with the configuration of an installation."""
import json
import pathlib
import shutil
import socket
import subprocess
import time

import pytest
from behind_gateway import HOLD, TOKEN, Gateway
from descriptors import write_descriptors

TOP = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def gateway():
    with Gateway() as running:
        yield running


@pytest.fixture(scope="module")
def descriptors(tmp_path_factory):
    return write_descriptors(tmp_path_factory.mktemp("descriptors") / "all.desc")


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def make_certificate(folder):
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    subprocess.run(command, check=True, capture_output=True)
    (folder / "server.pem").write_bytes((folder / "cert.pem").read_bytes() + (folder / "key.pem").read_bytes())


@pytest.fixture(scope="module")
def front(gateway, tmp_path_factory):
    """HAProxy as deploy/ sets it up; its address."""
    state = tmp_path_factory.mktemp("haproxy")
    (state / "tls").mkdir()
    make_certificate(state / "tls")
    port = free_port()
    text = (TOP / "deploy" / "haproxy.cfg.in").read_text(encoding="utf-8")
    for mark, value in (("@ADDRESS@", "127.0.0.1"), ("@PORT@", port), ("@GATEWAY@", f"127.0.0.1:{gateway.port}"), ("@STATE@", state)):
        text = text.replace(mark, str(value))
    (state / "haproxy.cfg").write_text(text, encoding="utf-8")
    haproxy = shutil.which("haproxy") or "/usr/sbin/haproxy"
    process = subprocess.Popen([haproxy, "-db", "-f", state / "haproxy.cfg"], stderr=subprocess.DEVNULL)
    address = f"https://127.0.0.1:{port}"
    for _ in range(100):
        if curl(f"{address}/livez").endswith("200"):
            break
        time.sleep(0.1)
    yield address
    process.terminate()
    process.wait(10)


def curl(url, *options):
    """The body, then the status."""
    run = subprocess.run(["curl", "-sSk", "--max-time", "10", "-w", "%{http_code}", *options, url], capture_output=True, check=False)
    return run.stdout.decode()


def connect(descriptors, address, protocol, method, request, timeout_ms=""):
    encoding, version = protocol
    command = ["node", TOP / "tests" / "npm" / "connect_peer.mjs", descriptors, address, encoding, version, TOKEN]
    command += ["bihuan.v1.DirectoryService", method, json.dumps(request), str(timeout_ms)]
    run = subprocess.run(command, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()
    return json.loads(run.stdout)


PROTOCOLS = [("json", "1.1"), ("json", "2"), ("binary", "1.1"), ("binary", "2")]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_connect_client(front, descriptors, protocol):
    names = ["南湖区政府", "🌸" * 1000]
    answer = connect(descriptors, front, protocol, "resolveUnits", {"names": names})
    assert [unit["name"] for unit in answer["response"]["units"]] == names


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_connect_errors(front, descriptors, protocol):
    answer = connect(descriptors, front, protocol, "listUnits", {"pageSize": 401})
    assert answer["code"] == "Aborted" and answer["message"] == "已被他人更新"
    assert answer["detail"]["reason"] == "STALE_VERSION" and answer["detail"]["unblock"] == "督查室"


def test_connect_deadline(gateway, front, descriptors):
    with gateway.holding():
        answer = connect(descriptors, front, ("json", "2"), "listUnits", HOLD, 300)
    assert answer["code"] == "DeadlineExceeded"


@pytest.mark.parametrize("request_json, expected", [("{}", '"login"'), ('{"nope":1}', "nope")])
def test_buf_curl(gateway, descriptors, request_json, expected):
    image = descriptors.with_suffix(".binpb")
    shutil.copy(descriptors, image)
    command = [TOP / "tools" / "buf", "curl", "--schema", image, "--http2-prior-knowledge", "--protocol", "connect"]
    command += ["-H", f"authorization: Bearer {TOKEN}", "-d", request_json]
    command += [f"http://127.0.0.1:{gateway.port}/bihuan.v1.DirectoryService/GetMe"]
    run = subprocess.run(command, capture_output=True, check=False)
    assert expected in (run.stdout + run.stderr).decode(), run


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_curl_over_tls(front, version):
    call = ["-H", "content-type: application/json", "-H", f"authorization: Bearer {TOKEN}", "-d", "{}"]
    answer = curl(f"{front}/bihuan.v1.DirectoryService/GetMe", version, *call)
    assert '"handler01"' in answer and answer.endswith("200")


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_evidence_over_tls(front, version, tmp_path):
    (tmp_path / "file").write_bytes(bytes(range(256)) * 8192)
    token = ["-H", f"authorization: Bearer {TOKEN}"]
    stored = json.loads(curl(f"{front}/evidence?name=f{version[-1]}", version, "-T", str(tmp_path / "file"), *token)[:-3])
    curl(f"{front}/evidence/{stored['digest']}", version, "-o", str(tmp_path / "back"), *token)
    assert (tmp_path / "back").read_bytes() == (tmp_path / "file").read_bytes()


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_a_client_that_leaves_is_noticed_through_haproxy(gateway, front, version):
    trace = version[-1] * 32
    call = ["-H", "content-type: application/json", "-H", f"authorization: Bearer {TOKEN}", "-d", json.dumps(HOLD)]
    call += ["-H", f"traceparent: 00-{trace}-00f067aa0ba902b7-01", "--max-time", "2"]

    def log_lines():
        return [line for line in gateway.log.read_text(encoding="utf-8").splitlines() if f"trace={trace}" in line]

    with gateway.holding():
        curl(f"{front}/bihuan.v1.DirectoryService/ListUnits", version, *call)
    gateway.wait_for(log_lines, "the gateway did not notice")
    assert "code=CANCELLED" in log_lines()[0]

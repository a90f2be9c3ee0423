"""bihuan and refusals: what may pass is sent again as it was, the rest is told at once."""
import base64
import json
import os
import ssl
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest
from behind_gateway import BUILD

TOO_FAST = (429, "resource_exhausted", "CALLER_TOO_FAST")
PASSING = [
    TOO_FAST, (429, "resource_exhausted", "CALLER_BUSY"), (429, "resource_exhausted", "CALLER_STREAMS"),
    (409, "aborted", "DATABASE_BUSY"), (409, "aborted", "CONCURRENT_CHANGE"), (503, "unavailable", "QUEUE_FULL"), (503, None, "HTTP_STATUS"),
]
LASTING = [
    (4, 401, "unauthenticated", "LOGIN_NEEDED"), (8, 409, "aborted", "STALE_VERSION"), (1, 429, "resource_exhausted", "LOGIN_THROTTLED"),
    (1, 429, None, "HTTP_STATUS"), (1, 413, None, "HTTP_STATUS"),
]
COMMAND = ["unit", "add", "市档案局", "--kind", "department"]
LOGIN_RESPONSE = b"\x0a\x05token"


def refusal(status, code, reason):
    """As the gateway words it; without a code, as the balancer does."""
    if not code:
        return status, "text/html", b"<html></html>"
    detail = b"\x0a" + bytes([len(reason)]) + reason.encode()
    error = {"code": code, "message": "x", "details": [{"type": "bihuan.v1.ErrorDetail", "value": base64.b64encode(detail).decode()}]}
    return status, "application/json", json.dumps(error).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.server.seen.append(self.rfile.read(int(self.headers["content-length"])))
        if len(self.server.seen) == self.server.silent_from:
            return self.server.over.wait()
        body = LOGIN_RESPONSE if self.path.endswith("/Login") else b""
        is_refused = len(self.server.seen) <= self.server.refuses
        status, kind, body = self.server.refusal if is_refused else (200, "application/proto", body)
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Not on the tests' output."""


class Server(ThreadingHTTPServer):
    """It refuses a number of calls, and takes all that follow."""

    def __init__(self, folder):
        self.over = Event()
        self.home, key, ca = folder, folder / "key.pem", folder / "ca.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", ca, "-subj", "/CN=127.0.0.1",
                        "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(ca, key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.environment = {"HOME": str(folder), "PATH": os.environ["PATH"], "BIHUAN_CA": str(ca), "BIHUAN_SERVER": f"https://127.0.0.1:{self.server_port}"}

    def beside(self, *arguments, refuses=0, refusal=None, silent_from=0, stdin=""):
        """How the command ended; what it sent is in `seen`."""
        self.seen, self.refuses, self.refusal, self.silent_from = [], refuses, refusal, silent_from
        return subprocess.run([BUILD / "cli/bihuan", *arguments], env=self.environment, input=stdin, capture_output=True, text=True, timeout=120)

    def kept(self):
        """The ids of commands whose outcome is open."""
        return list((self.home / ".local/state/bihuan/pending").iterdir())


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("home")) as running:
        Thread(target=running.serve_forever).start()
        run = running.beside("login", "operator01", "--password-file", "-", stdin="x\n")
        assert run.returncode == 0, run.stderr
        yield running
        running.over.set()
        running.shutdown()


@pytest.mark.parametrize("status, code, reason", PASSING)
def test_what_may_pass_is_sent_again_as_it_was(server, status, code, reason):
    run = server.beside(*COMMAND, refuses=2, refusal=refusal(status, code, reason))
    assert run.returncode == 0, run.stderr
    assert len(server.seen) == 3 and len(set(server.seen)) == 1 and server.kept() == []


@pytest.mark.parametrize("exit_status, status, code, reason", LASTING)
def test_what_stays_is_told_at_once(server, exit_status, status, code, reason):
    run = server.beside(*COMMAND, refuses=2, refusal=refusal(status, code, reason))
    assert (run.returncode, len(server.seen)) == (exit_status, 1) and f"[{reason}]" in run.stderr
    assert server.kept() == []


def test_patience_has_an_end_and_a_refusal_is_no_lost_answer(server):
    run = server.beside(*COMMAND, "--timeout", "5", refuses=1000, refusal=refusal(*TOO_FAST))
    assert run.returncode == 1 and "[CALLER_TOO_FAST]" in run.stderr
    assert len(server.seen) >= 2 and len(set(server.seen)) == 1 and server.kept() == []


def test_a_last_try_without_an_answer_does_not_hide_what_was_told(server):
    run = server.beside("unit", "list", "--timeout", "3", refuses=1, refusal=refusal(503, "unavailable", "SERVICE_UNREACHABLE"), silent_from=2)
    assert len(server.seen) == 2 and "[SERVICE_UNREACHABLE]" in run.stderr, run.stderr

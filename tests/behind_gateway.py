"""A gateway with two services behind it, and curl in front of it."""
import contextlib
import json
import os
import pathlib
import select
import subprocess
import tempfile
import time
from dataclasses import dataclass, field

TOP = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get("BIHUAN_BUILD", TOP / "build" / "test"))
TOKEN = "token-of-handler01"
AUDITOR = "token-of-auditor01"
SIZE_MAX = 8 << 20
CALLS_MAX = 40
# For ListUnits, within Gateway.holding(): the only worker of the services does not let go of the call, while somebody
# waits for it, or whoever waits.
HOLD = {"pageSize": 402}
KEEP = {"pageSize": 403}


@dataclass
class Answer:
    """What curl saw."""

    status: int
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    count: int = 1

    def json(self):
        return json.loads(self.body)

    def detail(self):
        return self.json()["details"][0]["debug"]


def wait_for_line(stream, word, seconds=60):
    """The first line of a stream that holds the word."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([stream], [], [], 0.1)[0]:
            line = stream.readline()
            if not line:
                break
            if word in line:
                return line
    raise AssertionError(f"no line with {word}")


class Gateway:
    """Both processes in a folder of their own; the log goes to a file, so that nobody waits for a reader."""

    def __init__(self, **settings):
        """CALLER_RATE=1 sets BIHUAN_CALLER_RATE."""
        self.own_settings = {f"BIHUAN_{name}": str(value) for name, value in settings.items()}

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="bihuan-gateway-")
        self.dir = pathlib.Path(self.folder.name)
        self.log = self.dir / "log"
        with open(self.dir / "backend.log", "w", encoding="utf-8") as log:
            self.backend = subprocess.Popen([BUILD / "tests" / "gateway_backend", self.dir], stdout=subprocess.PIPE, stderr=log, text=True)
        wait_for_line(self.backend.stdout, "ready")
        self.start()
        return self

    def settings(self):
        return {
            "BIHUAN_LISTEN": "127.0.0.1:0",
            "BIHUAN_KEY_FILE": str(self.dir / "gateway.key"),
            "BIHUAN_PEERS_FILE": str(self.dir / "peers"),
            "BIHUAN_EVIDENCE_DIR": str(self.dir / "evidence"),
            "BIHUAN_EVIDENCE_SIZE_MAX": str(SIZE_MAX),
            "BIHUAN_TIMEOUT_MS": "4000",
            "BIHUAN_CALLS_MAX": str(CALLS_MAX),
            "BIHUAN_DRAIN_MS": "3000",
            "BIHUAN_METRICS": str(self.dir / "metrics"),
        } | self.own_settings

    def start(self):
        self.launch()
        self.wait_until_ready()

    def launch(self):
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([BUILD / "gateway" / "bihuan-gateway"], env=os.environ | self.settings(), stderr=log)
        self.port = self.wait_for_port()

    def stop(self):
        self.process.terminate()
        assert self.process.wait(60) == 0, self.log.read_text(encoding="utf-8")

    def restart(self):
        self.stop()
        self.start()

    def __exit__(self, *_):
        try:
            if self.is_alive():
                self.stop()
        finally:
            self.backend.kill()
            self.backend.wait()
            self.folder.cleanup()

    def wait_for_port(self):
        for _ in range(600):
            text = self.log.read_text(encoding="utf-8")
            if "gateway.ready" in text:
                return int(text.split("port=")[1].split()[0])
            assert self.process.poll() is None, text
            time.sleep(0.1)
        raise AssertionError("the gateway does not listen")

    def wait_until_ready(self):
        self.wait_for(self.finds_services, "the gateway finds no services")

    def finds_services(self):
        services = self.curl("/healthz").json()["services"]
        return services["directory"] and services["progress"] and services["audit"]

    @contextlib.contextmanager
    def holding(self):
        """Calls with HOLD are held; at the end they go on, and the services answer again."""
        (self.dir / "hold").touch()
        try:
            yield
        finally:
            (self.dir / "hold").unlink()
        self.wait_until_well()

    def wait_until_held(self):
        self.wait_for(lambda: (self.dir / "held").is_symlink(), "no call is held")

    def wait_until_well(self):
        self.wait_for(lambda: self.call("DirectoryService/GetMe", {}).status == 200, "the gateway did not recover")

    def logged(self, *words, log="log"):
        """The lines with all these words, of the gateway or ("backend.log") the services."""
        text = (self.dir / log).read_text(encoding="utf-8")
        return [line for line in text.splitlines() if all(word in line for word in words)]

    def wait_for(self, is_so, otherwise):
        end = time.monotonic() + 60
        while not is_so():
            assert time.monotonic() < end, otherwise
            time.sleep(0.05)

    def is_alive(self):
        return self.process.poll() is None

    @contextlib.contextmanager
    def revoked(self):
        """Nobody has a session within."""
        (self.dir / "revoked").touch()
        try:
            yield
        finally:
            (self.dir / "revoked").unlink()

    def counters(self):
        """What the gateway counts: sample -> value."""
        command = ["curl", "-sS", "--unix-socket", self.dir / "metrics", "http://localhost/"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line and line[0] != "#"}

    def curl(self, path, *options, data=None, headers=None):
        """One request over HTTP/2 without TLS."""
        command = ["curl", "-sS", "--http2-prior-knowledge", "--max-time", "60", "-D", "-", "--output", "-"]
        for name, value in (headers or {}).items():
            command += ["-H", f"{name}: {value}"]
        if data is not None:
            command += ["--data-binary", "@-"]
        command += [*options, f"http://127.0.0.1:{self.port}{path}"]
        run = subprocess.run(command, input=data if isinstance(data, bytes) else (data or "").encode(), capture_output=True, check=False)
        return parse(run.stdout) if run.returncode == 0 else Answer(status=-run.returncode, body=run.stderr)

    def flood(self, method, request, count, token=TOKEN, **headers):
        """So many calls at one time on one connection: status -> the last answer with it, and how many there were."""
        data = request if isinstance(request, str) else json.dumps(request)
        command = ["node", TOP / "tests/npm/flood.mjs", f"http://127.0.0.1:{self.port}", f"/bihuan.v1.{method}"]
        run = subprocess.run([*command, json.dumps(sent_with(token, headers)), data, str(count)], capture_output=True, check=True)
        seen = json.loads(run.stdout)
        return {int(status): Answer(int(status), one["headers"], one["body"].encode(), one["count"]) for status, one in seen.items()}

    def call(self, method, request, token=TOKEN, **headers):
        """A Connect call with JSON; the request may be text."""
        sent = sent_with(token, headers)
        data = request if isinstance(request, (str, bytes)) else json.dumps(request)
        return self.curl(f"/bihuan.v1.{method}", data=data, headers=sent)


def sent_with(token, headers):
    """The headers of a call."""
    sent = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return sent | ({"authorization": f"Bearer {token}"} if token else {})


def parse(raw):
    """Status, headers and body of curl -D - output; interim answers are skipped."""
    while True:
        head, _, body = raw.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        status = int(lines[0].split()[1])
        if status >= 200:
            break
        raw = body
    headers = dict(line.split(": ", 1) if ": " in line else (line.rstrip(":"), "") for line in lines[1:])
    return Answer(status, headers, body)

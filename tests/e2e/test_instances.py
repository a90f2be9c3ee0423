"""Two instances of every service: no caller notices that they are restarted, and what must happen once happens once."""
import json
import re
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
import uuid

import pytest
from installation import PROGRAMS, Installation

SERVICES = PROGRAMS[1:6]
SECONDS = [f"{service}-2" for service in SERVICES]
THREADS = 6


@pytest.fixture(scope="module")
def pair():
    with Installation(instances=2) as installation:
        yield installation


def running(installation):
    lines = installation.script("status").stdout.splitlines()
    return {line.split(":")[1].strip() for line in lines if line.startswith("run:")}


def test_one_of_two_may_be_stopped(pair):
    """status tells of it; it is trouble when the other one is down as well."""
    for name, code in (("task-2", 0), ("task", 1)):
        subprocess.run(["sv", "-w", "30", "down", pair.state / "sv" / name], check=True, capture_output=True)
        run = pair.script("status")
        assert run.returncode == code and f"down: {name}:" in run.stdout, run.stdout
    for name in ("task-2", "task"):
        subprocess.run(["sv", "-w", "30", "up", pair.state / "sv" / name], check=True, capture_output=True)
    pair.wait_healthy()


def new_id():
    return str(uuid.UUID(int=(int(time.time() * 1000) << 80) | (7 << 76) | (2 << 62) | uuid.uuid4().int >> 68))


class Caller:
    """Asks once and never again: every answer but 200 is a failure."""

    def __init__(self, installation):
        self.url = installation.url
        self.context = ssl.create_default_context(cafile=str(installation.state / "tls/ca.pem"))
        self.token = ""
        login = {"login": "drafter01", "password": installation.passwords["drafter01"]}
        self.token = self.call("DirectoryService/Login", login)["token"]

    def call(self, method, fields):
        headers = {"Content-Type": "application/json", "Connect-Protocol-Version": "1"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(f"{self.url}/bihuan.v1.{method}", json.dumps(fields).encode(), headers)
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=30) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method}: {error.code} {error.read().decode()}") from error


class Load:
    """Drafts are written and lists of every service are read until it is told to end."""

    def __init__(self, installation):
        self.caller, self.ends, self.done, self.drafts, self.failed = Caller(installation), threading.Event(), [], [], []
        plan = installation.sql("select import_id from target.import")[0]
        self.reads = [("DirectoryService/ListUnits", {}), ("TargetService/ListTargets", {"importId": plan}), ("TaskService/ListTodo", {}),
                      ("ProgressService/ListReports", {}), ("AuditService/GetTreeHead", {})]
        self.threads = [threading.Thread(target=self.run, args=[i]) for i in range(THREADS)]
        for thread in self.threads:
            thread.start()

    def run(self, i):
        while not self.ends.is_set():
            try:
                self.caller.call(*self.reads[(i + len(self.done)) % len(self.reads)])
                text = f"落实第{len(self.drafts)}项工作"
                self.drafts.append(self.caller.call("TaskService/CreateTask", {"requestId": new_id(), "draft": {"text": text}}))
                self.done += ["read", "draft"]
            except (AssertionError, OSError) as error:
                self.failed.append(str(error))

    def end(self):
        self.ends.set()
        for thread in self.threads:
            thread.join()


def test_both_run(pair):
    assert running(pair) == {*PROGRAMS, *SECONDS}


def listens(installation, program):
    address, port = re.search(r'ENDPOINT="tcp://([\d.]+):(\d+)"', (installation.state / "etc" / f"{program}.env").read_text()).groups()
    with socket.socket() as probe:
        return probe.connect_ex((address, int(port))) == 0


def test_rolling_restart_is_not_noticed(pair):
    before = int(pair.sql("select count(*) from task.task")[0])
    load = Load(pair)
    try:
        for program in sorted([*SERVICES, *SECONDS]):
            subprocess.run(["sv", "-w", "30", "restart", pair.state / "sv" / program], check=True, capture_output=True)
            pair.wait_until(lambda: listens(pair, program))
            answered = len(load.done)
            pair.wait_until(lambda: load.failed or len(load.done) > answered + 20)
    finally:
        load.end()
    assert load.failed == []
    assert int(pair.sql("select count(*) from task.task")[0]) == before + len(load.drafts)
    print(f"\n{len(load.done)} calls while {2 * len(SERVICES)} programs were restarted: none failed")


def name_peers(installation, lines):
    peers = installation.state / "keys/peers"
    new = peers.with_suffix(".new")
    new.write_text("".join(lines))
    new.chmod(peers.stat().st_mode)
    new.rename(peers)


def test_one_that_is_elsewhere_is_found(pair):
    """The file is wrong about where the second of each is; it holds a lease, so that the first tells the gateway; then the
    first goes."""
    both = (pair.state / "keys/peers").read_text().splitlines(keepends=True)
    seen = {}
    name_peers(pair, [line if seen.setdefault(line.split()[0], line) is line else re.sub(r":\d+ ", ":1 ", line) for line in both])
    log = pair.state / "log/gateway/current"
    pair.wait_until(lambda: "named=10 told=5 " in re.findall(r"rpc.peers .*", log.read_text())[-1])
    load = Load(pair)
    try:
        for program in SERVICES:
            subprocess.run(["sv", "-w", "30", "down", pair.state / "sv" / program], check=True, capture_output=True)
        answered = len(load.done)
        pair.wait_until(lambda: load.failed or len(load.done) > answered + 20)
    finally:
        load.end()
    assert load.failed == []
    for program in SERVICES:
        subprocess.run(["sv", "-w", "30", "up", pair.state / "sv" / program], check=True, capture_output=True)
    name_peers(pair, both)


def test_log_has_every_entry_once(pair):
    pair.wait_logged()
    pair.log_in("auditor01")
    pair.cli("audit", "verify", login="auditor01")


def test_one_is_enough(pair):
    """One of each is killed; reads and drafts go on, and `up` with fewer takes the surplus away."""
    for program in SERVICES:
        subprocess.run(["sv", "-w", "30", "down", pair.state / "sv" / program], check=True, capture_output=True)
    Caller(pair).call("TaskService/ListTodo", {})
    pair.environment["BIHUAN_INSTANCES"] = "1"
    pair.up()
    assert running(pair) == set(PROGRAMS)
    assert not list((pair.state / "sv").glob("*-2"))

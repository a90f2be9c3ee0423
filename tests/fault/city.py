"""A whole installation whose connections go through the proxy, and what is needed to hurt it."""
import contextlib
import datetime
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import time

from installation import Installation, crowding
from load import Connection, Load, Log
from proxy import Chaos

SERVICES = ["directory", "target", "task", "progress", "audit"]
COMMIT = r"task/(move|create)\.sql"  # the statements by which commands take effect
MEMORY_MAX = 128  # megabytes a program
# How we ask each program whether it works again.
PROBES = {"task": "TaskService/ListTodo", "directory": "DirectoryService/GetMe", "progress": "ProgressService/ListReports",
          "target": "TargetService/ListTargets", "audit": "AuditService/GetTreeHead", "gateway": "DirectoryService/GetMe",
          "haproxy": "DirectoryService/GetMe", "postgres": "TaskService/ListTodo"}


class City(Installation):
    """Links: `front` (client to HAProxy), `pg` (task to PostgreSQL), `SERVICE` (everybody to that service)."""

    def __init__(self, seed, has_own_network, **options):
        super().__init__(**options)
        # One person asks here for a whole city.
        self.environment |= {f"BIHUAN_CALLER_{limit}": "1000000" for limit in ("CALLS_MAX", "RATE", "BURST")}
        self.environment["BIHUAN_CONNECTIONS_MAX"] = "3500"
        self.seed, self.has_own_network, self.dice, self.restarts = seed, has_own_network, random.Random(seed), {}

    def __enter__(self):
        super().__enter__()
        try:
            self.chaos = Chaos(self.root / "journal", self.seed)
            self.divert()
            self.cast = self.prepare()
        except Exception:
            self.__exit__()
            raise
        return self

    def __exit__(self, *failure):
        if "chaos" in self.__dict__:
            self.chaos.stop()
        super().__exit__(*failure)

    @property
    def port(self):
        """Where the front door is, past all links."""
        return int(self.settings["port"])

    def service_port(self, service):
        """Where the service itself listens; its callers come through the link."""
        return self.port + 2 + SERVICES.index(service)

    def divert(self):
        """Puts the links between the programs."""
        self.front = self.chaos.listen(link="front", protocol="tls", source=["127.0.0.1", 0], target=["127.0.0.1", self.port])
        folder = self.root / "pg"
        folder.mkdir(mode=0o755)
        self.chaos.listen(link="pg", protocol="postgres", source=str(folder / ".s.PGSQL.5432"),
                          target=str(self.state / "pg/run/.s.PGSQL.5432"))
        settings = self.state / "etc/task.env"
        replace(settings, settings.read_text().replace(f"host={self.state}/pg/run", f"host={folder}"))
        self.divert_services()
        self.restart("task")
        self.wait_healthy(60)

    def divert_services(self):
        peers, lines = self.state / "keys/peers", []
        for line in peers.read_text().splitlines():
            service, endpoint, key = line.split()
            host, port = endpoint.removeprefix("tcp://").split(":")
            name = service.split(".")[-1].removesuffix("Service").lower()
            ours = self.chaos.listen(link=name, protocol="zmtp", source=["127.0.0.1", 0], target=[host, int(port)])
            lines.append(f"{service} tcp://127.0.0.1:{ours} {key}\n")
        replace(peers, "".join(lines))

    def restart(self, program):
        subprocess.run(["sv", "-w", "30", "restart", self.state / "sv" / program], check=True, capture_output=True)

    @contextlib.contextmanager
    def run_with(self, program, old, new):
        """The program is started by a script in which `old` reads `new`; afterwards by its own again."""
        script = self.state / f"sv/{program}/run"
        text = script.read_text()
        assert old in text
        replace(script, text.replace(old, new))
        try:
            self.restart(program)
            self.recovery(program)
            yield
        finally:
            replace(script, text)
            self.restart(program)
            self.recovery(program)

    def token(self, login):
        connection = Connection(self.port, self.state / "tls/ca.pem")
        body = json.dumps({"login": login, "password": self.passwords[login]})
        status, data = connection.post("DirectoryService/Login", body)
        connection.close()
        assert status == 200, data
        return json.loads(data)["token"]

    def prepare(self):
        """A complete draft, and the token of everybody who leads a task through its life."""
        self.plan = self.sql("select import_id from target.import")[0]
        self.log_in("drafter01")
        units = {u["name"]: u["unit_id"] for u in self.json("unit", "list", login="drafter01")["units"]}
        leader = next(u["user_id"] for u in self.json("user", "list", login="drafter01")["users"] if u["login"] == "leader01")
        draft = {"no": "9.9", "text": "沙袋补充", "leadUnitId": units["市水利局"], "coUnitIds": [units["市财政局"]],
                 "leaderIds": [leader], "deadline": next_december(), "result": "交付物：台账"}
        cast = {"drafter": "drafter01", "supervisor": "supervisor01", "lead_handler": "water-handler01",
                "lead_head": "water-head01", "co_handler": "finance-handler01", "co_head": "finance-head01",
                "verifier": "verifier01", "leader": "leader01"}
        return draft, {who: self.token(login) for who, login in cast.items()}

    def load(self, name, commands, rate, clients=32, port=None):
        """The load, through the link `front`; its log lies beside the installation."""
        return Load(port or self.front, self.state / "tls/ca.pem", Log(self.root / name), self.cast, commands, rate, clients,
                    self.seed)

    def probe_body(self, program):
        return json.dumps({"importId": self.plan} if program == "target" else {})

    def answers(self, program):
        """Whether the program does its work, asked past all links but those between the services."""
        connection = Connection(self.port, self.state / "tls/ca.pem", timeout=5)
        status, _ = connection.post(PROBES[program], self.probe_body(program), self.cast[1]["drafter"])
        connection.close()
        return status == 200

    def recovery(self, program):
        """Seconds until the program answers again, kept for the end with how crowded the machine was."""
        start = time.monotonic()
        while not self.answers(program):
            assert time.monotonic() < start + 60, self.trouble()
            time.sleep(0.02)
        took = time.monotonic() - start
        self.restarts.setdefault(program, []).append((took, crowding()))
        return took

    def kill_and_wait(self, program):
        """kill -9, and the time until it answers again."""
        self.kill(program)
        return self.recovery(program)

    def freeze(self, program, seconds):
        pid = self.pid(program)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(pid, signal.SIGCONT)

    def peak_memory(self):
        """Megabytes that our programs had in memory at most since each was started."""
        def peak(program):
            status = pathlib.Path(f"/proc/{self.pid(program)}/status").read_text()
            return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) // 1024
        return {program: peak(program) for program in [*SERVICES, "gateway"]}

    def backends(self, service):
        """Process numbers of the sessions that a service has."""
        return [int(pid) for pid in self.sql(f"select pid from pg_stat_activity where usename = 'login_{service}'")]


def replace(path, text):
    """As the runbook says: by renaming, so that nobody reads half of it."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.chmod(path.stat().st_mode)
    new.rename(path)


def next_december():
    """A workday more than eleven months away: there are no holidays in the middle of December."""
    day = datetime.date(datetime.date.today().year + 1, 12, 15)
    return str(day + datetime.timedelta(7 - day.weekday() if day.weekday() > 4 else 0))

"""A whole installation made by deploy/up for one test run: its own state folder, ports, clock and home."""
import datetime
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[1]
PROGRAMS = ["postgres", "directory", "target", "task", "progress", "audit", "gateway", "haproxy"]
CHINA = datetime.timezone(datetime.timedelta(hours=8))


def today():
    """The day on which the programs act, wherever this machine stands."""
    return datetime.datetime.now(CHINA).date()


def plan_year(installation):
    """Of the sample plan, whose dates are relative to today."""
    return (installation.state / "sample-plan.txt").read_text(encoding="utf8").split("〔")[1][:4]


def crowding():
    """How much longer everything takes because others use this machine: 1 unless more than three programs queue for each
    processor, which is what a load makes by itself."""
    return max(1.0, os.getloadavg()[0] / os.cpu_count() / 3)


def is_free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def draw_port():
    """The first of ten. Drawn, not the first free one: several runs on one machine must not meet. Below the range of ephemeral ports."""
    while True:
        port = random.randrange(15000, 32000, 10)
        if all(is_free(one) for one in range(port, port + 10)):
            return port


def plain_environment():
    """Without what people set for themselves: language, folders, settings of ours."""
    own = ("BIHUAN_", "LANG", "LC_", "XDG_")
    return {name: value for name, value in os.environ.items() if not name.startswith(own)} | {"LANG": "C.UTF-8"}


# Takes an installation down when its input ends: who made it has left it, or is gone, by whatever signal. An `up` that was
# interrupted is waited for. In a session of its own, as what is typed to end a run is not for it.
KEEPER = 'cat; mkdir -p "$1/state"; flock "$1/state/lock" "$2/deploy/down"; rm -rf "$1"'


class Installation:
    """Use as a context: up on entry, down and removed on exit."""

    def __init__(self, sample=True, preset="test", instances=None):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="bihuan-e2e."))
        self.root.chmod(0o755)
        self.state, self.home, self.clock = self.root / "state", self.root / "home", self.root / "clock"
        self.home.mkdir()
        self.clock.write_text("0")
        self.environment = dict(plain_environment(), BIHUAN_PORT=str(draw_port()), HOME=str(self.home), BIHUAN_STATE=str(self.state), BIHUAN_PRESET=preset,
                                BIHUAN_SAMPLE="yes" if sample else "no", BIHUAN_CLOCK_FILE=str(self.clock))
        if instances:
            self.environment["BIHUAN_INSTANCES"] = str(instances)

    def __enter__(self):
        self.keeper = subprocess.Popen(["sh", "-c", KEEPER, "keeper", self.root, TOP], env=self.environment, start_new_session=True,
                                       stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.told_first = self.up()
        except Exception:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.keeper.communicate()

    def script(self, name):
        """deploy/NAME; its output and exit code."""
        return subprocess.run([TOP / "deploy" / name], env=self.environment, capture_output=True, text=True, timeout=600)

    def up(self):
        run = self.script("up")
        assert run.returncode == 0, f"deploy/up failed:\n{run.stdout}{run.stderr}"
        return run.stdout

    @property
    def settings(self):
        return dict(line.split("=", 1) for line in (self.state / "settings").read_text().splitlines())

    @property
    def url(self):
        return f"https://127.0.0.1:{self.settings['port']}"

    @property
    def passwords(self):
        """login -> password, as printed by deploy/up."""
        lines = (self.state / "logins.txt").read_text().splitlines()
        return {words[0]: words[1] for words in map(str.split, lines) if words and not words[0].startswith("#")}

    def cli(self, *arguments, login=None, stdin=None, code=0):
        """bin/bihuan ARGUMENTS as LOGIN; code None accepts any exit status."""
        command = [self.state / "bin" / "command", *(["--as", login] if login else []), *map(str, arguments)]
        run = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=120, input=stdin or "")
        assert code is None or run.returncode == code, f"{command[1:]} -> {run.returncode}\n{run.stdout}{run.stderr}"
        return run

    def json(self, *arguments, **options):
        return json.loads(self.cli(*arguments, "-o", "json", **options).stdout)

    def log_in(self, login):
        return self.cli("login", login, "--password-file", "-", stdin=self.passwords[login] + "\n")

    def set_clock(self, moment):
        """Every program takes `moment` ("2025-03-03T09:00:00+08:00") for now; the clock goes on from there."""
        offset = datetime.datetime.fromisoformat(moment).timestamp() - time.time()
        self.clock.write_text(str(int(offset * 1000)))

    def sql(self, statement, service=None):
        """Rows as text, '|' between columns; as the superuser, or with a service's own login."""
        connection = f"host={self.state}/pg/run dbname=bihuan user=postgres"
        if service:
            connection = f"host={self.state}/pg/run dbname=bihuan user=login_{service} passfile={self.state}/etc/{service}.pgpass"
        run = subprocess.run(["psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", connection, "-c", statement],
                             capture_output=True, text=True)
        if run.returncode:
            raise RuntimeError(run.stderr)
        return run.stdout.splitlines()

    def pid(self, program):
        text = (self.state / "sv" / program / "supervise" / "pid").read_text().strip()
        return int(text) if text else None

    def kill(self, program):
        """kill -9; a program that is just being started again is waited for."""
        deadline = time.monotonic() + 60
        while (pid := self.pid(program)) is None:
            assert time.monotonic() < deadline, f"{program} does not run"
            time.sleep(0.02)
        os.kill(pid, signal.SIGKILL)

    def is_healthy(self):
        return subprocess.run(["curl", "-sf", "--max-time", "5", "--cacert", self.state / "tls/ca.pem", self.url + "/healthz"],
                              capture_output=True).returncode == 0

    def trouble(self):
        """What deploy/status says, and the last lines of each program."""
        logs = [(program, (self.state / "log" / program / "current").read_text(errors="replace")) for program in PROGRAMS]
        tails = [f"--- {program}\n" + "\n".join(text.splitlines()[-8:]) for program, text in logs]
        return "\n".join([self.script("status").stdout, *tails])

    def wait_until(self, is_so, seconds=120):
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, self.trouble()
            time.sleep(0.05)

    def wait_healthy(self, seconds=60):
        self.wait_until(self.is_healthy, seconds)

    def wait_logged(self):
        """Until the log has taken in what is committed."""
        self.wait_until(lambda: self.sql("select count(*) from audit.pending") == ["0"])

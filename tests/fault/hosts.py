"""A site over several hosts, laid by deploy/lay: each host is a network namespace with folders of its own, in which its
tar is unpacked and its units are run as systemd would run them."""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import network
from city import City
from installation import TOP

OVERLAID = ("etc", "usr/lib", "var/lib")  # where a host differs from this machine
BRIDGE = "10.77.0.254"
SUPERUSER = "host=/var/lib/bihuan-postgres/run user=postgres"


# Restart=always, until it is told to stop.
RESTARTING = """stop=; trap 'stop=1; kill -%s "$program"' TERM
while [ -z "$stop" ]; do
    (%s) & program=$!
    while kill -0 "$program" 2>/dev/null; do wait "$program"; done
    sleep 0.5
done"""


def run(*words, **options):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)


def require(done):
    assert done.returncode == 0, f"{done.args}\n{done.stdout}{done.stderr}"
    return done.stdout


class Unit:
    """What systemd would make of a unit file: settings by name, in their order, with %i and %d filled in."""

    def __init__(self, host, name):
        self.host, self.name = host, name
        template, _, self.instance = name.removesuffix(".service").partition("@")
        file = template + ("@" if self.instance else "") + ".service"
        places = [host.root / "etc/systemd/system" / file, pathlib.Path("/lib/systemd/system") / file]
        path = next(path for path in places if path.exists())
        dropped = sorted((host.root / "etc/systemd/system" / (file + ".d")).glob("*.conf"))
        self.text = "\n".join(file.read_text() for file in [path, *dropped])
        self.credentials = f"/run/credentials/{name}"

    def all(self, setting):
        filled = self.text.replace("%i", self.instance).replace("%d", self.credentials)
        return re.findall(rf"^{setting}=(.*)$", filled, re.M)

    def environment(self):
        """In systemd's order: what the unit says, then what its files say."""
        said = [word for line in self.all("Environment") for word in re.findall(r'"([^"]*)"|(\S+)', line)]
        found = dict((quoted or plain).split("=", 1) for quoted, plain in said)
        for name in self.all("EnvironmentFile"):
            file = self.host.root / name.lstrip("-/")
            if file.exists():
                found |= dict(re.findall(r'^(\w+)="(.*)"$', file.read_text(), re.M))
        return found

    def script(self):
        """For a shell at the host: folders and keys, what comes before, the program."""
        lines = [f"mkdir -p /run/{name}" for name in self.all("RuntimeDirectory")]
        lines += [f"mkdir -p /var/lib/{name}" for name in self.all("StateDirectory")]
        for credential in self.all("LoadCredential"):
            name, _, source = credential.partition(":")
            lines.append(f"install -D -m 600 {source} {self.credentials}/{name}")
        [signal] = self.all("KillSignal") or ["SIGTERM"]
        program = "\n".join(["set -e", "echo started >&2", *lines, *self.all("ExecStartPre"), "exec " + self.all("ExecStart")[0]])
        return RESTARTING % (signal.removeprefix("SIG"), program)


class Host:
    """A host; `keeper` is a process that holds its namespaces."""

    def __init__(self, site, name, address, number):
        self.site, self.name, self.address = site, name, address
        self.space, self.link = f"{site.name}-{name}", f"bihuan{number}"
        self.root = site.root / name
        self.programs = {}

    def boot(self):
        """A cable to the bridge, the folders, the tar."""
        require(run("ip", "netns", "add", self.space))
        require(run("ip", "link", "add", self.link, "type", "veth", "peer", "eth0", "netns", self.space))
        require(run("ip", "link", "set", self.link, "master", "bridge", "up"))
        for folder in OVERLAID:
            (self.root / folder).mkdir(parents=True)
            (self.root / ".work" / folder).mkdir(parents=True)
        require(run("tar", "-xpf", self.site.out / f"{self.name}.tar", "-C", self.root))
        mounts = [f"mount -t overlay -o lowerdir=/{f},upperdir={self.root}/{f},workdir={self.root}/.work/{f} none /{f}" for f in OVERLAID]
        start = ["set -e", "ip link set lo up", f"ip address add {self.address}/24 dev eth0", "ip link set eth0 up", *mounts,
                 "mount -t tmpfs none /run", "echo ready", "exec sleep infinity"]
        self.keeper = subprocess.Popen(["ip", "netns", "exec", self.space, "unshare", "--mount", "sh", "-c", "\n".join(start)],
                                       stdout=subprocess.PIPE, text=True)
        assert self.keeper.stdout.readline() == "ready\n", f"{self.name} cannot be made here"

    def words(self, *words):
        return ["nsenter", "-t", str(self.keeper.pid), "-m", "-n", "--", *map(str, words)]

    def run(self, *words, **options):
        return run(*self.words(*words), **options)

    def units(self):
        return (self.root / "etc/bihuan/units").read_text().split()

    def start(self, name):
        unit = Unit(self, name)
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} | unit.environment()
        with open(self.site.root / f"{self.name}.{name}.log", "a", encoding="utf-8") as log:
            self.programs[name] = subprocess.Popen(self.words("sh", "-c", unit.script()), env=environment, stdout=log, stderr=log,
                                                   start_new_session=True)

    def stop(self, name):
        program = self.programs.pop(name)
        program.terminate()
        program.wait(60)

    def stop_programs(self):
        """All at once, the database after them."""
        in_order = sorted(self.programs, key=lambda name: "postgres" in name)
        for name in in_order:
            if "postgres" not in name:
                self.programs[name].terminate()
        for name in in_order:
            self.stop(name)

    def halt(self):
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.stop_programs()
        if "keeper" in self.__dict__:
            self.keeper.kill()
            self.keeper.wait()
            self.keeper.stdout.close()
        run("ip", "netns", "del", self.space)

    @contextlib.contextmanager
    def cut_off(self):
        """No packet in or out, but to itself."""
        with network.rules('iifname != "lo" drop', outgoing=['oifname != "lo" drop'], enter=self.words()):
            yield

    def psql(self, statement):
        done = self.run("psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", f"{SUPERUSER} dbname=bihuan", "-c", statement)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.splitlines()


class Site(City):
    """The whole of it; the first host holds the database, which begins as that of `city`. Clients stand at the bridge and
    take the hosts in turn."""

    def __init__(self, city, inventory):
        super().__init__(city.seed, has_own_network=True)
        self.city = city
        self.name, self.out, self.inventory = f"bihuan-{os.getpid()}", self.root / "out", inventory
        rows = [line.split() for line in inventory.splitlines()]
        self.hosts = [Host(self, row[0], row[1], number) for number, row in enumerate(rows)]
        self.first = self.hosts[0]
        self.front = self.fronts = [(host.address, 8443) for host in self.hosts]

    def __enter__(self):
        try:
            self.boot()
            self.raise_database()
            self.make_state()
            self.start_programs()
            self.cast = self.prepare()
        except Exception:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for host in reversed(self.hosts):
            host.halt()
        run("ip", "link", "del", "bridge")
        shutil.rmtree(self.root, ignore_errors=True)

    def boot(self):
        require(self.lay())
        require(run("ip", "link", "add", "bridge", "type", "bridge"))
        require(run("ip", "address", "add", f"{BRIDGE}/24", "dev", "bridge"))
        require(run("ip", "link", "set", "bridge", "up"))
        for host in self.hosts:
            host.boot()

    def lay(self):
        (self.root / "inventory").write_text(self.inventory)
        return run(TOP / "deploy/lay", self.root / "inventory", self.out, env=self.environment)

    def raise_database(self):
        """What deploy/start does with the database of its host, on the roles and rows of the city."""
        self.start_database()
        dump = subprocess.Popen(["pg_dumpall", "-h", self.city.state / "pg/run", "-U", "postgres"], stdout=subprocess.PIPE)
        self.first.run("psql", "-q", f"{SUPERUSER} dbname=postgres", stdin=dump.stdout)
        assert dump.wait(60) == 0
        require(self.first.run("/usr/lib/bihuan/deploy/database", SUPERUSER))
        require(self.first.run("psql", "-q", "-v", "ON_ERROR_STOP=1", f"{SUPERUSER} dbname=bihuan", "-f", "/etc/bihuan/logins.sql"))

    def start_database(self):
        self.first.start("bihuan-postgres.service")
        self.wait_until(lambda: self.first.run("psql", f"{SUPERUSER} dbname=postgres", "-c", "select 1").returncode == 0)

    def start_programs(self):
        for host in self.hosts:
            for name in host.units():
                if name not in host.programs:
                    host.start(name)
        self.wait_healthy()

    def stop(self):
        for host in reversed(self.hosts):
            host.stop_programs()

    def make_state(self):
        """What the tests look for in the folder of deploy/up."""
        (self.state / "bin").mkdir(parents=True)
        (self.state / "tls").mkdir()
        shutil.copy(self.out / "secret/tls/ca.pem", self.state / "tls")
        shutil.copy(self.city.state / "logins.txt", self.state)
        command = self.state / "bin/command"
        command.write_text(f'#!/bin/sh\nexport BIHUAN_SERVER="{self.url}" BIHUAN_CA="{self.state}/tls/ca.pem"\n'
                           f'exec "{TOP}/build/test/cli/bihuan" "$@"\n')
        command.chmod(0o755)

    @property
    def url(self):
        return f"https://{self.first.address}:8443"

    @property
    def port(self):
        return self.fronts

    def sql(self, statement, service=None):
        return self.first.psql(statement)

    def is_healthy(self, host=None):
        address = (host or self.first).address
        return run("curl", "-sf", "--max-time", "5", "--cacert", self.out / "secret/tls/ca.pem",
                   f"https://{address}:8443/healthz").returncode == 0

    def wait_healthy(self, seconds=120):
        self.wait_until(lambda: all(self.is_healthy(host) for host in self.hosts), seconds)

    def starts(self):
        """How often a program was started so far."""
        return sum(log.read_text(errors="replace").count("started\n") for log in self.root.glob("*.service.log"))

    def trouble(self):
        logs = sorted(self.root.glob("*.log"))
        return "\n".join(f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-5:]) for log in logs)


def refusal():
    """Why no host can be made here; empty when one can."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("upper", "work"):
            os.mkdir(f"{folder}/{name}")
        return run("unshare", "--mount", "mount", "-t", "overlay", "-o", f"lowerdir=/etc,upperdir={folder}/upper,workdir={folder}/work",
                   "none", "/etc").stderr.strip()

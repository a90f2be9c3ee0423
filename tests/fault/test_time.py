"""Clocks that are wrong: no command is done twice or lost, what is refused says why, and all is well when they are right."""
import json
import pathlib

import history
import pytest
from load import Client

FAKETIME = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
# What a service whose clock is wrong may say.
REASONS = {"REQUEST_ID_FROM_FUTURE", "REQUEST_ID_TOO_OLD", "DEADLINE_PAST"}


def drafts(city, load, count):
    """What became of so many new drafts: "acknowledged" or the reason of the refusal."""
    client, outcomes = Client(load, load.log.path.name), []
    for _ in range(count):
        outcome, data = client.settle(client.make("drafter", "CreateTask", {"draft": load.draft}))
        outcomes.append(json.loads(data)["details"][0]["debug"]["reason"] if outcome == "refused" else outcome)
    return outcomes


@pytest.fixture
def skewed(city, request):
    """One service's wall clock is that much ahead or behind, by libfaketime; its monotonic one is not touched."""
    service, by = request.param
    program = f"'{city.state}/bin/bihuan-{service}'"
    with city.run_with(service, program, f"env LD_PRELOAD={FAKETIME} FAKETIME={by} FAKETIME_DONT_FAKE_MONOTONIC=1 {program}"):
        yield by


@pytest.mark.skipif(FAKETIME is None, reason="no libfaketime here")
@pytest.mark.parametrize("skewed", [("task", by) for by in ("+4m", "-4m", "+1d", "-1d", "+400d", "-400d")], indirect=True)
def test_the_clock_of_a_service_is_wrong(city, skewed):
    load, before = city.load(f"skew{skewed}.log", commands=0, rate=1), history.effects_now(city)
    wrong = set(drafts(city, load, 10))
    assert wrong == {"acknowledged"} if skewed[1:] == "4m" else wrong <= {"acknowledged", *REASONS}
    history.check(city, load.log.path, before)


@pytest.mark.skipif(FAKETIME is None, reason="no libfaketime here")
@pytest.mark.parametrize("skewed", [("directory", "+4m"), ("directory", "-4m")], indirect=True)
def test_nobody_is_logged_out_by_four_minutes(city, skewed):
    assert city.answers("task")


def test_all_clocks_jump(city):
    """Forth and back under load: deadlines of calls go by the monotonic clock."""
    load, before = city.load("jumps.log", commands=400, rate=100, clients=8), history.effects_now(city)
    load.start()
    for i, seconds in enumerate([200, -200, 0, -200, 200, 0]):
        load.wait_for(i * 60)
        city.clock.write_text(str(seconds * 1000))
    load.end()
    assert '"status": 504' not in load.log.path.read_text()
    history.check(city, load.log.path, before)

"""Links that are slow, narrow or end anywhere; for loss, partitions and harmed messages see test_kill.py."""
import history
import pytest
from city import COMMIT, MEMORY_MAX


def load_on(city, name, commands, clients, rate):
    """What a load saw, and how often a client asked in vain."""
    before, load = history.effects_now(city), city.load(name, commands, rate, clients)
    load.start()
    load.end()
    return history.check(city, load.log.path, before), load.unknown


def both_ways(city, link, **rule):
    for lane in ("up", "down"):
        city.chaos.rule(link=link, lane=lane, **rule)


@pytest.mark.long
@pytest.mark.parametrize("milliseconds, unanswered", [(50, 0.1), (500, 0.1), (5000, 0.5)])
def test_a_slow_link(city, capsys, milliseconds, unanswered):
    """Twenty messages each way wait, one after the other: nothing is asked much more often than needed."""
    both_ways(city, "task", kind="MESSAGE", act="delay", times=20, amount=milliseconds)
    counts, unknown = load_on(city, f"slow-{milliseconds}.log", commands=130, clients=4, rate=50)
    city.chaos.clear(link="task")
    with capsys.disabled():
        print(f"\n{milliseconds} ms: {counts}, {unknown} times no answer")
    assert counts["acknowledged"] > 100 and unknown <= unanswered * 130


@pytest.mark.long
def test_a_narrow_link(city, capsys):
    """64 kbit/s each way for the task service, and more clients than that feeds: they wait, and nothing heaps up."""
    both_ways(city, "task", kind="MESSAGE", act="narrow", times=0, amount=64_000)
    counts, unknown = load_on(city, "narrow.log", commands=400, clients=32, rate=100)
    city.chaos.clear(link="task")
    memory = city.peak_memory()
    with capsys.disabled():
        print(f"\n64 kbit/s: {counts}, {unknown} times no answer; MB in memory {memory}")
    assert counts["acknowledged"] > 300 and max(memory.values()) <= MEMORY_MAX


@pytest.mark.long
@pytest.mark.parametrize("link, kinds, step", [("task", ("MESSAGE", "MESSAGE"), 1), ("pg", (f"Bind {COMMIT}", f"DataRow {COMMIT}"), 3)])
def test_cut_after_any_byte(city, capsys, link, kinds, step):
    """A message ends anywhere, in either direction: nothing half is used. Some pass between two that are cut."""
    sizes = range(1 + city.dice.randrange(step), 400, step)
    before, load = history.effects_now(city), city.load(f"bytes-{link}.log", commands=1_000_000, rate=1000, clients=2)
    load.start()
    for size in sizes:
        for lane, kind in zip(("up", "down"), kinds):
            city.chaos.rule(link=link, lane=lane, kind=kind, act="cut_inside", amount=size, nth=4)
        history.wait_until(lambda: city.chaos.acted(link=link) == [1, 1], 60, f"nothing to cut after {size} bytes")
        city.chaos.clear(link=link)
    load.finish()
    counts = history.check(city, load.log.path, before)
    with capsys.disabled():
        print(f"\n{2 * len(sizes)} cuts inside a message of {link}: {counts}, 0 lost, 0 doubled")

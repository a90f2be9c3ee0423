"""Three hosts laid by deploy/lay, one of them cut off under load: the others answer meanwhile, nothing is lost or doubled."""
import time

import history
import hosts
import pytest

INVENTORY = """\
city1 10.77.0.1 postgres directory target task progress audit gateway haproxy
city2 10.77.0.2 directory target task task-2 progress audit gateway haproxy
city3 10.77.0.3 directory target task progress audit gateway haproxy
"""


@pytest.fixture(scope="module")
def site(seed, network_refusal):
    refusal = network_refusal or hosts.refusal()
    if refusal:
        pytest.skip(f"no hosts can be made here: {refusal}")
    with hosts.Site(seed, INVENTORY) as running:
        yield running


def test_units_are_sound(site):
    """As systemd reads them, at the host."""
    for host in site.hosts:
        done = host.run("systemd-analyze", "verify", "--man=no", *[f"/etc/systemd/system/{unit}" for unit in host.units() if "haproxy" not in unit])
        ours = [line for line in done.stderr.splitlines() if "bihuan" in line]
        assert (done.returncode, ours) == (0, []), done.stderr
        assert host.run("haproxy", "-c", "-f", "/etc/bihuan/haproxy.cfg").returncode == 0


def commands_while_cut_off(site, name, commands, rate, seconds):
    """The load's counts, and how many commands were answered while the last host was away."""
    before, load = history.effects_now(site), site.load(name, commands, rate)
    load.start()
    assert load.wait_for(commands // 4)
    with site.hosts[-1].cut_off():
        end, asked = time.monotonic() + seconds, load.given
        assert not site.is_healthy(site.hosts[-1])
        assert site.is_healthy(site.hosts[0]) and site.is_healthy(site.hosts[1])
        time.sleep(max(0, end - time.monotonic()))
        given = load.given - asked
    site.wait_healthy()
    load.finish()
    return history.check(site, load.log.path, before), given, load


@pytest.mark.parametrize("seconds", [8, pytest.param(30, marks=pytest.mark.long)])
def test_a_host_is_cut_off(site, capsys, seconds):
    counts, given, load = commands_while_cut_off(site, f"cut-{seconds}.log", 100 * seconds, 100, seconds)
    with capsys.disabled():
        print(f"\ncut off for {seconds} s: {counts}, {given} commands given meanwhile, {load.unknown} times no answer; 0 lost, 0 doubled")
    assert given > 50 and not site.dead()

"""Three hosts laid by deploy/lay. One of them is cut off under load: the others answer meanwhile, nothing is lost or doubled.
A backup is restored to a named second: the log is the one of then, by a head kept outside."""
import hashlib
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
def site(city, network_refusal):
    refusal = network_refusal or hosts.refusal()
    if refusal:
        pytest.skip(f"no hosts can be made here: {refusal}")
    with hosts.Site(city, INVENTORY) as running:
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
    starts = site.starts()
    counts, given, load = commands_while_cut_off(site, f"cut-{seconds}.log", 100 * seconds, 100, seconds)
    with capsys.disabled():
        print(f"\ncut off for {seconds} s: {counts}, {given} commands given meanwhile, {load.unknown} times no answer; 0 lost, 0 doubled")
    assert given > 50 and site.starts() == starts, site.trouble()


def upload(site, host, data):
    """An evidence file through the front door of a host; its name in an evidence folder."""
    done = hosts.run("curl", "-sf", "--cacert", site.state / "tls/ca.pem", "-X", "PUT", "--data-binary", data, "-H",
                     f"authorization: Bearer {site.cast[1]['lead_handler']}", f"https://{host.address}:8443/evidence?name=a.txt")
    digest = hashlib.sha256(data.encode()).hexdigest()
    assert digest in done.stdout, done
    return f"var/lib/bihuan/evidence/{digest[:2]}/{digest[2:]}"


def backup(site):
    hosts.require(site.first.run("/usr/lib/bihuan/deploy/backup", site.root / "backup"))


def next_second(site):
    """The second that begins after all that was done, by the clock of the database; it has begun."""
    clock = "clock_timestamp() at time zone 'Asia/Shanghai'"
    [second] = site.sql(f"select date_trunc('second', {clock} + interval '1 second')::timestamp(0)")
    site.wait_until(lambda: site.sql(f"select {clock} > '{second}'") == ["t"])
    return second


def test_a_backup_is_restored_to_a_second(site, capsys):
    """Taken while people work; what they do between the second and the disaster is gone, and nothing else."""
    backup(site)
    before, load = history.effects_now(site), site.load("kept.log", 100, 50)
    load.start()
    load.end()
    kept = upload(site, site.hosts[1], "一份佐证材料")
    site.wait_until(lambda: all((host.root / kept).exists() for host in site.hosts))
    site.log_in("auditor01")
    history.settle(site)
    head = site.root / "head.txt"
    site.cli("audit", "head", "--save", head, login="auditor01")
    second, then = next_second(site), history.effects_now(site)
    later = site.load("gone.log", 50, 50)
    later.start()
    later.end()
    backup(site)
    assert history.effects_now(site) > then
    site.stop()
    hosts.require(site.first.run("rm", "-r", "/var/lib/bihuan-postgres", f"/{kept}"))
    told = hosts.require(site.first.run("env", "TZ=Asia/Shanghai", "/usr/lib/bihuan/deploy/restore", site.root / "backup", "--to", second))
    site.start_database()
    site.start_programs()
    assert history.effects_now(site) == then and (site.first.root / kept).read_text() == "一份佐证材料"
    counts = history.check(site, load.log.path, before)
    site.cli("audit", "verify", "--head", head, login="auditor01")
    with capsys.disabled():
        print(f"\nrestored to {second}: {counts}; the head kept before it is valid{told}")

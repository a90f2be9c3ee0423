"""Two gateways with folders of their own: each has every evidence file, whoever took it in."""
import contextlib
import hashlib
import os
import socket
import subprocess

import pytest
from behind_gateway import BUILD, TOKEN, Gateway
from evidence_files import age, damage_byte, get, leftovers, put, stored, sweep, swept

NAMES = ("one", "two")
SIZES = [0, 1, (1 << 20) - 1, 1 << 20, (3 << 20) + 7]  # parts have 1 MiB


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Member(Gateway):
    """One of the gateways; the services belong to the site."""

    def __init__(self, site, name):
        super().__init__()
        self.site, self.name, self.dir = site, name, site.dir / name
        self.dir.mkdir()
        self.log, self.endpoint = self.dir / "log", f"tcp://127.0.0.1:{free_port()}"
        made = subprocess.run([BUILD / "tools/bihuan-keygen", self.dir / "key", name, "gateway"], capture_output=True, text=True, check=True)
        self.allowed = made.stdout

    def settings(self):
        return super().settings() | {
            "BIHUAN_KEY_FILE": str(self.dir / "key"), "BIHUAN_PEERS_FILE": str(self.site.dir / "all-peers"),
            "BIHUAN_ALLOW_FILE": str(self.site.dir / "allow"), "BIHUAN_ENDPOINT": self.endpoint,
            "BIHUAN_OTHERS": " ".join(f"gateway.{name}" for name in NAMES if name != self.name)} | self.own_settings

    def says(self, word):
        return word in self.log.read_text(encoding="utf-8")


@pytest.fixture
def pair():
    """Both at work, and each has found the other."""
    with Gateway() as site, contextlib.ExitStack() as stack:
        members = [Member(site, name) for name in NAMES]
        (site.dir / "allow").write_text((site.dir / "allow").read_text() + "".join(member.allowed for member in members))
        rows = [f"gateway.{member.name} {member.endpoint} {member.allowed.split()[2]}\n" for member in members]
        (site.dir / "all-peers").write_text((site.dir / "peers").read_text() + "".join(rows))
        for member in members:
            member.start()
            stack.callback(lambda member=member: member.is_alive() and member.stop())
        for member, other in (members, members[::-1]):
            meet(member, other)
        yield members


def meet(member, other):
    """Until files that the one takes in come to the other."""
    def arrives():
        digest = put(member, os.urandom(8)).json()["digest"]
        return stored(other, digest).exists()
    member.wait_for(arrives, "the gateways do not meet")


def test_what_one_takes_in_the_other_has(pair):
    """Before it is acknowledged: the one that took it in may be gone afterwards."""
    one, two = pair
    files = [os.urandom(size) for size in SIZES]
    digests = [put(one, data).json()["digest"] for data in files]
    assert [stored(two, digest).read_bytes() for digest in digests] == files
    one.stop()
    assert [get(two, digest).body for digest in digests] == files
    assert leftovers(two) == []


def test_who_was_away_asks_when_it_needs_a_file(pair):
    one, two = pair
    two.stop()
    data = os.urandom(3 << 20)
    one.wait_for(lambda: put(one, b"x").status == 200 and one.says("evidence.not_copied to=gateway.two"), "the other is missed")
    digest = put(one, data).json()["digest"]
    two.start()
    assert get(two, digest).body == data and stored(two, digest).read_bytes() == data


def test_who_has_it_is_away(pair):
    """The only copy is where nobody can ask: told so, with nothing about damage, until it is back."""
    one, two = pair
    digest = put(one, b"the only copy").json()["digest"]
    stored(two, digest).unlink()
    one.stop()
    answer = get(two, digest)
    assert answer.status == 503 and answer.detail()["reason"] == "EVIDENCE_AWAY" and leftovers(two) == []
    one.start()
    two.wait_for(lambda: get(two, digest).body == b"the only copy", "it does not come back")


def test_a_damaged_copy_is_replaced(pair):
    one, two = pair
    data = os.urandom(3 << 20)
    digest = put(one, data).json()["digest"]
    damage_byte(stored(two, digest))
    assert get(two, digest).body == data and stored(two, digest).read_bytes() == data
    assert two.says(f"evidence.damaged digest={digest}")


@pytest.mark.parametrize("harm", [damage_byte, os.unlink])
def test_no_copy_is_whole(pair, harm):
    one, two = pair
    data = os.urandom(3 << 20)
    digest = put(one, data).json()["digest"]
    damage_byte(stored(one, digest))
    harm(stored(two, digest))
    answer = get(two, digest)
    assert answer.status == 500 and answer.detail()["reason"] == "EVIDENCE_DAMAGED" and leftovers(two) == []
    assert stored(two, digest).exists() == (harm is damage_byte), "the damage does not spread"
    assert put(two, data).status == 200 and get(two, digest).body == data, "the right bytes, sent again, heal it"


def test_what_is_no_file_keeps_nobody_waiting(pair):
    """A pipe in place of the other's copy: opened to be read, it would wait for a writer."""
    one, two = pair
    digest = put(one, b"a pipe").json()["digest"]
    for member in pair:
        stored(member, digest).unlink()
    os.mkfifo(stored(two, digest))
    answer = get(one, digest)
    assert answer.status == 500 and answer.detail()["reason"] == "EVIDENCE_DAMAGED" and two.is_alive()


def test_who_drips_is_not_waited_for(pair):
    """Another gateway that sends byte by byte for ever sends no file."""
    one, peers = pair[0], pair[0].site.dir / "all-peers"
    digest = put(one, b"byte by byte").json()["digest"]
    for member in pair:
        stored(member, digest).unlink()
    one.stop()
    played = next(line.split(" ", 1)[1] for line in peers.read_text().splitlines() if line.startswith("bihuan.v1.ProgressService"))
    peers.write_text(peers.read_text() + f"gateway.drip {played}\n")
    one.own_settings["BIHUAN_OTHERS"] = "gateway.drip"
    one.start()
    answer = get(one, digest)
    assert answer.status == 500 and answer.detail()["reason"] == "EVIDENCE_DAMAGED" and leftovers(one) == []
    assert one.says("from=gateway.drip") and one.says("size=1 code=DATA_LOSS")


def test_no_room_for_a_copy(pair):
    """A copy that cannot be written stops neither the upload nor the other gateway."""
    one, two = pair
    (two.dir / "evidence/tmp").rename(two.dir / "evidence/away")
    digest = put(one, b"no room").json()["digest"]
    assert one.says("evidence.not_copied to=gateway.two")
    assert get(two, digest).detail()["reason"] == "EVIDENCE_AWAY"
    (two.dir / "evidence/away").rename(two.dir / "evidence/tmp")
    assert get(two, digest).body == b"no room"


def test_a_sweep_brings_what_another_missed(pair):
    one, two = pair
    digest = put(one, b"missed").json()["digest"]
    stored(two, digest).unlink()
    age(stored(one, digest), 2)
    assert sweep(one) == swept()
    assert stored(two, digest).read_bytes() == b"missed"
    two.stop()
    assert sweep(one) == swept(complete=0), "it comes back to it"


def test_each_sweeps_its_own(pair):
    """A file that the service does not know goes where it is old, and comes back with its next upload."""
    one, two = pair
    digest = hashlib.sha256(b"unknown").hexdigest()
    for member in pair:
        stored(member, digest).parent.mkdir(exist_ok=True)
        stored(member, digest).write_bytes(b"unknown")
    age(stored(two, digest), 2)
    assert sweep(two) == swept(set_aside=1)
    assert stored(one, digest).exists() and not stored(two, digest).exists()
    meet(one, two)
    assert put(one, b"unknown").status == 200 and stored(two, digest).read_bytes() == b"unknown"


def test_nobody_reads_past_the_front(pair):
    for method in ("ReadEvidence", "FetchEvidence"):
        assert pair[0].call(f"EvidenceService/{method}", {}, TOKEN).detail()["reason"] == "UNKNOWN_METHOD"


@pytest.mark.parametrize("wrong, said", [({"BIHUAN_ENDPOINT": "tcp://nowhere"}, "ENDPOINT_UNUSABLE"),
                                         ({"BIHUAN_OTHERS": " ".join(f"gateway.g{n}" for n in range(16))}, "BIHUAN_OTHERS")])
def test_settings_that_cannot_work(pair, wrong, said):
    pair[0].stop()
    with open(pair[0].log, "w", encoding="utf-8") as log:
        done = subprocess.run([BUILD / "gateway" / "bihuan-gateway"], env=os.environ | pair[0].settings() | wrong, stderr=log, timeout=60)
    assert done.returncode != 0 and pair[0].says(said)

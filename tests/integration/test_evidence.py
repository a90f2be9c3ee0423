"""Evidence files through the gateway: streamed in, known by their digest, never served when they do not match it."""
import contextlib
import hashlib
import json
import os
import subprocess
import time

import pytest
from behind_gateway import AUDITOR, KEEP, SIZE_MAX, TOKEN, Gateway
from evidence_files import DAY, age, damage_byte, get, leftovers, put, stored, sweep, swept


@pytest.fixture(scope="module")
def gateway():
    with Gateway() as running:
        yield running
        assert running.is_alive()


@pytest.mark.parametrize("size", [0, 1, 65536, 262144, 1000003, SIZE_MAX])
def test_round_trip(gateway, size):
    data = os.urandom(size)
    digest = hashlib.sha256(data).hexdigest()
    answer = put(gateway, data)
    assert answer.status == 200, answer
    assert answer.json() == {"digest": digest, "size": str(size)}
    assert stored(gateway, digest).read_bytes() == data
    assert leftovers(gateway) == []
    back = get(gateway, digest)
    assert back.status == 200 and back.body == data


def test_served_as_an_attachment_only(gateway):
    page = b"<script>alert(1)</script>"
    digest = put(gateway, page, "?name=%E7%85%A7%E7%89%87%22%0d.html&type=text/html".replace("%0d", "")).json()["digest"]
    answer = get(gateway, digest)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment; filename=\"evidence\"; filename*=UTF-8''%E7%85%A7%E7%89%87%22.html"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "query",
    ["", "?name=", "?name=a/b", "?name=..%2fb", "?name=a%5cb", "?name=a%00b", "?name=a%0ab", "?name=%ff", "?name=a%4", "?name=" + "a" * 256, "?name=a&type=%0d%0ax:y", "?name=a&type=" + "t" * 101],
    ids=range(12),
)
def test_labels(gateway, query):
    answer = put(gateway, b"x", query)
    assert answer.status == 400 and answer.detail()["reason"] == "BAD_FIELD", answer
    assert leftovers(gateway) == []


@pytest.mark.parametrize("length", [[], ["-H", "transfer-encoding: chunked"]], ids=["said", "unsaid"])
def test_size_limit(gateway, length):
    answer = put(gateway, os.urandom(SIZE_MAX + 1), "?name=big", TOKEN, *length)
    assert answer.status == 429 and answer.detail()["reason"] == "EVIDENCE_TOO_LARGE", answer
    assert leftovers(gateway) == []


def test_no_session_no_file(gateway):
    before = set((gateway.dir / "evidence").rglob("*"))
    for token in ("wrong", "x" * 257):
        assert put(gateway, os.urandom(1 << 20), token=token).status == 401
    assert set((gateway.dir / "evidence").rglob("*")) == before


def test_service_decides_who_may(gateway):
    assert put(gateway, b"by the auditor", token=AUDITOR).detail()["reason"] == "POST_REFUSED"
    digest = put(gateway, b"by the handler").json()["digest"]
    assert get(gateway, digest, AUDITOR).detail()["reason"] == "READ_REFUSED"
    assert get(gateway, digest, "wrong").status == 401


@pytest.mark.parametrize("name", ["e" * 64, "0" * 64, "x" * 64, "0" * 63, "", "../allow", "..%2fallow", "tmp", "0" * 62 + "%00"])
def test_unknown_digests(gateway, name):
    answer = gateway.curl(f"/evidence/{name}", "--path-as-is", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status == 404 and answer.detail()["reason"] == "NOT_FOUND_OBJECT"


def cut(path):
    path.chmod(0o600)
    os.truncate(path, path.stat().st_size - 1)


def lengthen(path):
    path.chmod(0o600)
    with open(path, "ab") as file:
        file.write(b"x")


def link_elsewhere(path):
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved"))


@pytest.mark.parametrize("harm", [damage_byte, cut, lengthen, link_elsewhere, os.unlink])
def test_damaged_file_is_not_served(gateway, harm):
    data = os.urandom(3 << 20)
    digest = put(gateway, data).json()["digest"]
    harm(stored(gateway, digest))
    answer = get(gateway, digest)
    assert answer.status == 500 and answer.json()["code"] == "data_loss"
    assert answer.detail()["reason"] == "EVIDENCE_DAMAGED"
    assert put(gateway, data).status == 200, "the right bytes, sent again, heal it"
    assert get(gateway, digest).body == data


def test_folder_that_cannot_be_written(gateway):
    data = os.urandom(1000)
    shelf = gateway.dir / "evidence" / hashlib.sha256(data).hexdigest()[:2]
    tmp = gateway.dir / "evidence" / "tmp"
    tmp.rename(tmp.with_suffix(".away"))
    assert put(gateway, data).detail()["reason"] == "INTERNAL_ERROR"
    tmp.with_suffix(".away").rename(tmp)
    moved = shelf.exists()
    if moved:
        shelf.rename(shelf.with_suffix(".away"))
    shelf.write_bytes(b"not a folder")
    assert put(gateway, data).detail()["reason"] == "INTERNAL_ERROR"
    assert leftovers(gateway) == []
    shelf.unlink()
    if moved:
        shelf.with_suffix(".away").rename(shelf)
    assert put(gateway, data).status == 200


@contextlib.contextmanager
def gateway_on_small_disk(*options):
    """A gateway whose evidence folder is a file system of its own."""
    if os.geteuid() != 0:
        pytest.skip("a small file system can be mounted by root only")
    with Gateway() as running:
        running.stop()
        folder = running.dir / "evidence"
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "none", folder], capture_output=True, text=True)
        if mount.returncode:
            pytest.skip(f"a small file system cannot be mounted here: {mount.stderr}")
        try:
            running.start()
            yield running
            running.stop()
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.parametrize("length", [[], ["-H", "transfer-encoding: chunked"]], ids=["said", "unsaid"])
def test_full_disk_is_told_and_nothing_of_the_file_stays(length):
    with gateway_on_small_disk("size=1m") as running:
        for _ in range(3):
            answer = put(running, os.urandom(2 << 20), "?name=big", TOKEN, *length)
            assert answer.status == 429 and answer.json()["code"] == "resource_exhausted"
            assert answer.detail()["reason"] == "EVIDENCE_NO_SPACE"
            assert leftovers(running) == []
        assert put(running, os.urandom(600 << 10)).status == 200, "what fits still does"


@pytest.mark.parametrize("inodes", range(2, 5))
def test_disk_without_room_for_another_name(inodes):
    """The room ends at the upload itself, at its shelf, or not at all."""
    with gateway_on_small_disk(f"nr_inodes={inodes}") as running:
        taken = sum(1 for _ in (running.dir / "evidence").rglob("*"))
        answer = put(running, os.urandom(1000))
        if inodes - 1 - taken >= 2:
            assert answer.status == 200
        else:
            assert answer.detail()["reason"] == "EVIDENCE_NO_SPACE"
        assert leftovers(running) == []


def test_interrupted_upload_leaves_nothing(gateway):
    command = ["curl", "-sS", "--http2-prior-knowledge", "--max-time", "1", "--limit-rate", "100k", "-T", "-"]
    command += ["-H", f"authorization: Bearer {TOKEN}", f"http://127.0.0.1:{gateway.port}/evidence?name=slow"]
    subprocess.run(command, input=os.urandom(4 << 20), capture_output=True, check=False)
    gateway.wait_for(lambda: not leftovers(gateway), "the upload is still there")


def test_nothing_is_taken_in_before_the_session_is_known(gateway, tmp_path):
    """The only worker of the directory is held: one window of the body comes in, and no more."""
    (tmp_path / "file").write_bytes(os.urandom(SIZE_MAX))
    token = ["-H", f"authorization: Bearer {TOKEN}", "--http2-prior-knowledge", "-sS", "-o", "/dev/null"]
    address = f"http://127.0.0.1:{gateway.port}"
    with gateway.holding():
        sleeper = subprocess.Popen(["curl", *token, "-H", "content-type: application/json", "-d", json.dumps(KEEP), f"{address}/bihuan.v1.DirectoryService/ListUnits"])
        gateway.wait_until_held()
        command = ["curl", *token, "-w", "%{size_upload}", "--max-time", "60", "-T", tmp_path / "file", f"{address}/evidence?name=x"]
        sent = int(subprocess.run(command, capture_output=True, check=False).stdout)
    assert sleeper.wait() == 0
    assert 0 < sent <= 512 << 10
    assert leftovers(gateway) == []


def test_client_that_stops_reading_holds_nobody_up(gateway):
    digest = put(gateway, os.urandom(SIZE_MAX)).json()["digest"]
    slow = ["curl", "-sS", "--http2-prior-knowledge", "--limit-rate", "10k", "--max-time", "60", "-o", "/dev/null"]
    slow += ["-H", f"authorization: Bearer {TOKEN}", f"http://127.0.0.1:{gateway.port}/evidence/{digest}"]
    readers = [subprocess.Popen(slow, stderr=subprocess.DEVNULL) for _ in range(5)]
    assert gateway.call("DirectoryService/GetMe", {}).status == 200
    assert [reader.poll() for reader in readers] == [None] * 5, "and all of them still read"
    for reader in readers:
        reader.kill()
        reader.wait()


def test_same_file_at_the_same_time(gateway):
    data = os.urandom(2 << 20)
    (gateway.dir / "same").write_bytes(data)
    command = ["curl", "-sS", "--http2-prior-knowledge", "-T", gateway.dir / "same"]
    command += ["-H", f"authorization: Bearer {TOKEN}", f"http://127.0.0.1:{gateway.port}/evidence?name=same"]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(6)]
    digest = hashlib.sha256(data).hexdigest()
    for writer in writers:
        assert digest in writer.communicate()[0].decode()
    assert stored(gateway, digest).read_bytes() == data and leftovers(gateway) == []


def place(gateway, name, days, data=b"x"):
    """A file in the evidence folder that is so many days old."""
    path = gateway.dir / "evidence" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    age(path, days)
    return path


@pytest.fixture
def own_gateway():
    with Gateway() as running:
        yield running


def test_old_uploads_are_swept_at_start(own_gateway):
    place(own_gateway, "tmp/old", 2)
    place(own_gateway, "tmp/young", 0.9)
    assert sweep(own_gateway) == swept(unfinished=1)
    assert [path.name for path in leftovers(own_gateway)] == ["young"]


def test_files_that_nobody_knows_are_set_aside(own_gateway):
    known = stored(own_gateway, put(own_gateway, b"known").json()["digest"])
    age(known, 400)
    old = place(own_gateway, "ab/" + "1" * 62, 1.1)
    stay = [known, place(own_gateway, "ab/" + "2" * 62, 0.9), place(own_gateway, "ab/notes.txt", 9), place(own_gateway, "ab/" + "3" * 61, 9),
            place(own_gateway, "other/" + "4" * 62, 9)]
    (own_gateway.dir / "evidence/ab" / ("5" * 62)).symlink_to("/etc/hostname")
    assert sweep(own_gateway) == swept(set_aside=1)
    assert not old.exists() and all(path.exists() for path in stay)
    aside = own_gateway.dir / "evidence/aside" / ("ab" + "1" * 62)
    assert time.time() - aside.stat().st_mtime < DAY / 2, "its time is that of the sweep"
    assert sweep(own_gateway) == swept()
    age(aside, 29.9)
    assert sweep(own_gateway) == swept()
    age(aside, 30.1)
    assert sweep(own_gateway) == swept(deleted=1)
    assert not aside.exists()


def test_files_that_are_known_after_all_are_put_back(own_gateway):
    lost, there = (put(own_gateway, data).json()["digest"] for data in (b"lost", b"there"))
    place(own_gateway, f"aside/{lost}", 99, b"lost")
    stored(own_gateway, lost).unlink()
    place(own_gateway, f"aside/{there}", 99, b"a copy that went bad")
    assert sweep(own_gateway) == swept(put_back=2)
    assert [get(own_gateway, digest).body for digest in (lost, there)] == [b"lost", b"there"]
    assert list((own_gateway.dir / "evidence/aside").iterdir()) == []


def test_nothing_is_touched_while_the_service_cannot_be_asked(own_gateway):
    old = place(own_gateway, "ab/" + "1" * 62, 9)
    aside = place(own_gateway, "aside/" + "2" * 64, 99)
    (own_gateway.dir / "ill").touch()
    own_gateway.stop()
    own_gateway.launch()
    own_gateway.wait_for(lambda: "evidence.sweep_failed reason=DATABASE_UNAVAILABLE" in own_gateway.log.read_text(encoding="utf-8"), "no sweep")
    assert old.exists() and aside.exists()


def test_many_files_are_asked_about_in_parts(own_gateway):
    known = [put(own_gateway, bytes([n])).json()["digest"] for n in range(10)]
    for digest in known:
        age(stored(own_gateway, digest), 2)
    for n in range(1100):
        place(own_gateway, f"{known[0][:2]}/{n:062x}", 2)
    assert sweep(own_gateway) == swept(set_aside=1100)
    assert all(stored(own_gateway, digest).exists() for digest in known)
    assert len(list((own_gateway.dir / "evidence/aside").iterdir())) == 1100

"""The proxy: messages are cut where they end, each act does what it says, and the same seed does the same."""
import signal
import socket
import struct
import subprocess
import threading

import pytest
from framing import readers
from proxy import Chaos

TLS_DATA = b"\x17\x03\x03\x00\x02ab"
GREETING = bytes(64)
FRAME = b"\x00\x09\x07MESSAGEx"
LONG = b"\x02" + struct.pack(">Q", 300) + b"\x07MESSAGE" + bytes(292)
COMMAND = b"\x04\x06\x05READY"


def message(letter, body=b""):
    return letter + struct.pack(">I", len(body) + 4) + body


STARTUP = struct.pack(">II", 8, 196608)
BIND = message(b"B", b"\0move\0")
CLIENT = [STARTUP, message(b"p"), BIND, message(b"E"), message(b"S"), message(b"Q"), message(b"S")]
SERVER = [message(b"R"), message(b"C", b"SELECT"), message(b"Z", b"I"), message(b"9")]


@pytest.mark.parametrize("protocol, messages, kinds", [
    ("tcp", [b"abc"], ["bytes"]),
    ("tls", [b"\x16\x03\x01\x00\x01x", TLS_DATA, b"\x63\x03\x03\x00\x00"], ["handshake", "data", "unknown"]),
    ("zmtp", [COMMAND, FRAME, LONG, b"\0\0"], ["READY", "MESSAGE", "MESSAGE", ""]),
    ("postgres", CLIENT, ["Startup", "Password", "Bind move", "Execute move", "Sync move", "Query", "Sync"]),
])
def test_messages_end_where_they_end_however_they_arrive(protocol, messages, kinds):
    stream = b"".join(messages)
    for size in (len(stream), 1, 3) if protocol != "tcp" else (len(stream),):
        reader, _ = readers(protocol)
        if protocol == "zmtp":
            assert [kind for half in (GREETING[:10], GREETING[10:]) for kind, _ in reader.feed(half)] == ["greeting"] * 2
        found = [pair for i in range(0, len(stream), size) for pair in reader.feed(stream[i:i + size])]
        assert found == list(zip(kinds, messages)) and reader.rest == b""


def test_answers_are_called_after_what_was_asked():
    up, down = readers("postgres")
    list(up.feed(STARTUP + BIND))
    assert [kind for kind, _ in down.feed(b"".join(SERVER))] == [
        "Authentication move", "CommandComplete move", "ReadyForQuery move", "9 move"]
    up, down = readers("tls")
    assert [kind for kind, _ in down.feed(TLS_DATA)] == ["data"]
    list(up.feed(TLS_DATA))
    assert [kind for kind, _ in down.feed(TLS_DATA + TLS_DATA)] == ["answer", "data"]


class Echo:
    """Sends every frame back, and keeps what it got."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port, self.got = self.server.getsockname()[1], []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self.echo, args=[connection], daemon=True).start()

    def echo(self, connection):
        got = bytearray()
        self.got.append(got)
        try:
            while data := connection.recv(65536):
                got += data
                connection.sendall(data)
        except OSError:
            pass
        connection.close()


@pytest.fixture
def echo():
    made = Echo()
    yield made
    made.server.close()


@pytest.fixture
def chaos(tmp_path):
    made = Chaos(tmp_path / "journal", 7)
    yield made
    made.stop()


def frame(letter):
    return b"\x00\x09\x07MESSAGE" + letter


class Caller:
    """A client that greets through the proxy and then sends frames."""

    def __init__(self, chaos, echo, **rule):
        port = chaos.listen(link="echo", protocol="zmtp", source=["127.0.0.1", 0], target=["127.0.0.1", echo.port])
        if rule:
            chaos.rule(link="echo", kind="MESSAGE", **rule)
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.sendall(GREETING)
        assert self.read(64) == GREETING

    def read(self, size, patience=10):
        """So many bytes, or fewer before the end of the connection or of patience."""
        data = b""
        self.socket.settimeout(patience)
        try:
            while len(data) < size and (more := self.socket.recv(size - len(data))):
                data += more
        except OSError:
            pass
        return data

    def hears(self, data):
        """Exactly that, then silence."""
        return self.read(len(data)) == data and self.read(1, patience=0.2) == b""

    def send(self, *letters):
        for letter in letters:
            self.socket.sendall(frame(letter))


A, B, C = (frame(letter) for letter in (b"a", b"b", b"c"))


@pytest.mark.parametrize("rule, echoed", [
    ({"lane": "up", "act": "duplicate"}, A + A + B + C),
    ({"lane": "up", "act": "drop", "nth": 2}, A + C),
    ({"lane": "up", "act": "drop", "times": 0}, b""),
    ({"lane": "down", "act": "drop", "nth": 2, "times": 0}, A),
    ({"lane": "up", "act": "swap"}, B + A + C),
    ({"lane": "up", "act": "delay", "amount": 20}, A + B + C),
    ({"lane": "up", "act": "narrow", "amount": 64000, "times": 0}, A + B + C),
    ({"lane": "up", "act": "drop", "chance": 0.0}, A + B + C),
    ({"lane": "down", "act": "cut", "nth": 2}, A),
    ({"lane": "down", "act": "cut_after", "nth": 2}, A + B),
    ({"lane": "down", "act": "cut_inside", "nth": 2, "amount": 4}, A + B[:4]),
])
def test_acts(chaos, echo, rule, echoed):
    caller = Caller(chaos, echo, **rule)
    caller.send(b"a", b"b", b"c")
    assert caller.hears(echoed)
    acts = [act["act"] for act in chaos.acts()]
    assert acts == [rule["act"]] * chaos.clear(link="echo")[0]


@pytest.mark.parametrize("act", ["kill", "kill_after"])
def test_a_program_dies_when_a_message_passes(chaos, echo, act):
    victim = subprocess.Popen(["sleep", "60"])
    caller = Caller(chaos, echo, lane="up", act=act, amount=victim.pid)
    caller.send(b"a")
    assert caller.read(len(A)) == A and victim.wait(10) == -signal.SIGKILL


def test_half_open(chaos, echo):
    caller = Caller(chaos, echo, lane="up", act="stall", nth=2)
    caller.send(b"a")
    assert caller.read(len(A)) == A
    caller.send(b"b", b"c")
    assert caller.hears(b"") and chaos.clear(link="echo") == [1]


def test_corruption_changes_one_bit_and_the_same_seed_the_same(tmp_path, echo):
    found = []
    for name in ("first", "second"):
        chaos = Chaos(tmp_path / name, 7)
        caller = Caller(chaos, echo, lane="up", act="corrupt", amount=10)
        caller.send(b"a")
        found.append(caller.read(11))
        chaos.stop()
    assert found[0] == found[1] and found[0][:10] == A[:10] and bin(found[0][10] ^ A[10]).count("1") == 1


def test_partition_holds_everything_back_until_it_heals(chaos, echo):
    caller = Caller(chaos, echo)
    chaos.hold(link="echo", lanes=["down"])
    caller.send(b"a")
    assert caller.hears(b"")
    chaos.release(link="echo")
    assert caller.read(11) == A and chaos.cut(link="echo") == 1 and caller.read(1) == b""
    assert [act["act"] for act in chaos.acts()] == ["hold down", "release", "cut"]


def test_a_half_written_message_passes_when_its_sender_ends(chaos, echo):
    caller = Caller(chaos, echo)
    caller.socket.sendall(A[:5])
    caller.socket.shutdown(socket.SHUT_WR)
    assert caller.hears(A[:5])


def test_nobody_behind_the_link(chaos):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    port = chaos.listen(link="none", protocol="tcp", source=["127.0.0.1", 0], target=["127.0.0.1", port])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as caller:
        try:
            assert caller.recv(1) == b""
        except ConnectionResetError:
            pass


def test_unix_sockets(chaos, tmp_path):
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "server"))
    server.listen()
    chaos.listen(link="unix", protocol="postgres", source=str(tmp_path / "proxy"), target=str(tmp_path / "server"))
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(tmp_path / "proxy"))
    client.sendall(STARTUP)
    connection, _ = server.accept()
    assert connection.recv(8) == STARTUP

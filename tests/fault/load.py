"""The load: clients that lead tasks from draft to signature at a steady rate and write down what each was told."""
import collections
import itertools
import json
import random
import re
import socket
import ssl
import threading
import time
import uuid

PATIENCE = 60  # seconds a client repeats one command before it calls it lost
REPEATED, MISUSED, STALE, GIVEN_UP = 0.1, 0.01, 0.01, 0.02
FINAL = (b"STALE_VERSION", b"REQUEST_ID_REUSED")  # the reasons of an HTTP status that else means: ask again

# The life of a task after its draft: who does what.
LIFE = [("drafter", "SubmitTask", {}), ("supervisor", "SendBackTask", {"reason": "补充佐证"}), ("drafter", "SubmitTask", {}),
        ("supervisor", "IssueTask", {}), ("lead_handler", "AcknowledgeLeg", {}), ("co_handler", "AcknowledgeLeg", {}),
        ("co_handler", "SubmitLeg", {"note": "已到位"}), ("lead_handler", "RequestClosure", {"text": "沙袋已入库"}),
        ("co_head", "Countersign", {}), ("lead_head", "SignClosure", {}), ("verifier", "VerifyTask", {"resultClass": "A"}),
        ("leader", "SignOffTask", {})]


def request_id():
    """A UUIDv7 of this moment."""
    value = (int(time.time() * 1000) << 80) | (7 << 76) | (random.getrandbits(12) << 64) | (2 << 62) | random.getrandbits(62)
    return str(uuid.UUID(int=value))


class Log:
    """What the clients asked and were told: append-only, a line of JSON each."""

    def __init__(self, path):
        self.path, self.lock, self.file = path, threading.Lock(), open(path, "a", buffering=1, encoding="utf-8")

    def write(self, **line):
        with self.lock:
            self.file.write(json.dumps(line) + "\n")


class Connection:
    """One HTTPS connection, made again when it breaks; `front` is a port of this machine, or several (address, port) that
    are taken in turn."""

    def __init__(self, front, authority, timeout=10):
        self.context = ssl.create_default_context(cafile=str(authority))
        self.fronts = itertools.cycle([("127.0.0.1", front)] if isinstance(front, int) else random.sample(front, len(front)))
        self.timeout, self.connection = timeout, None

    def post(self, method, body, token=""):
        """(HTTP status, bytes); an error of the connection is status 0. The question is one write: the machine is shared
        with those who answer."""
        body = body.encode()
        head = (f"POST /bihuan.v1.{method} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                f"Connect-Protocol-Version: 1\r\nAuthorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n")
        try:
            if not self.connection:
                self.connection = self.connect()
            self.connection.sendall(head.encode() + body)
            return self.answer()
        except OSError:
            self.close()
            return 0, b""

    def connect(self):
        host, port = next(self.fronts)
        return self.context.wrap_socket(socket.create_connection((host, port), self.timeout), server_hostname=host)

    def answer(self):
        data = b""
        while (start := data.find(b"\r\n\r\n") + 4) < 4:
            data += self.receive()
        head = data[:start].decode("latin-1").lower()
        size = int(re.search(r"\r\ncontent-length: *(\d+)", head)[1])
        while len(data) < start + size:
            data += self.receive()
        if "\r\nconnection: close" in head:
            self.close()
        return int(head.split()[1]), data[start:]

    def receive(self):
        data = self.connection.recv(65536)
        if not data:
            raise ConnectionError("cut off")
        return data

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


def told(status, data):
    """What an answer says about the command."""
    if status == 200:
        return "acknowledged"
    is_final = status not in (0, 409, 429, 502, 503, 504) or any(reason in data for reason in FINAL)
    return "refused" if is_final else "unknown"


Command = collections.namedtuple("Command", "id who method body")


class Client:
    """Leads one task after the other; repeats a command under its id until it is told what became of it."""

    def __init__(self, load, seed):
        self.load, self.dice = load, random.Random(seed)
        self.connection = Connection(load.port, load.authority)

    def make(self, who, method, fields):
        id_ = request_id()
        return Command(id_, who, "TaskService/" + method, json.dumps({"requestId": id_, **fields}))

    def ask(self, command, body=None):
        """One attempt: what was told, and the bytes."""
        self.load.log.write(asked=command.id, method=command.method)
        status, data = self.connection.post(command.method, body or command.body, self.load.tokens[command.who])
        outcome = told(status, data)
        if not body:
            answer = json.loads(data) if outcome == "acknowledged" else {}
            self.load.log.write(id=command.id, told=outcome, status=status, task=answer.get("taskId"), version=answer.get("version"))
        return outcome, data

    def settle(self, command):
        """Asks until there is an answer. None when the client gives up first: one in fifty of those who must ask again."""
        until = time.monotonic() + PATIENCE
        while True:
            outcome, data = self.ask(command)
            if outcome != "unknown":
                return outcome, data
            self.load.unknown += 1
            if self.dice.random() < GIVEN_UP:
                return None, b""
            assert time.monotonic() < until, f"no answer in {PATIENCE} s to {command}: {data}"
            time.sleep(0.05 + 0.1 * self.dice.random())

    def command(self, who, method, fields):
        """The answer as a dict; None when the client gave up."""
        command = self.make(who, method, fields)
        outcome, data = self.settle(command)
        if not outcome:
            return None
        assert outcome == "acknowledged", f"{command} -> {data}"
        if self.dice.random() < REPEATED:
            self.repeat(command, data)
        if self.dice.random() < MISUSED:
            self.misuse(command)
        return json.loads(data)

    def repeat(self, command, first):
        """The same id must give the same bytes, whatever was killed meanwhile."""
        outcome, data = self.settle(command)
        assert outcome is None or (outcome, data) == ("acknowledged", first), f"{command}: {first} then {data}"
        self.load.repeats += 1

    def misuse(self, command):
        """The id of one command must not carry another."""
        body = json.dumps({"requestId": command.id, "draft": {"text": "另一件事"}})
        other = command._replace(who="drafter", method="TaskService/CreateTask")
        outcome, data = self.ask(other, body)
        assert outcome == "unknown" or b"REQUEST_ID_REUSED" in data, f"{command} with {body} -> {data}"

    def try_stale(self, who, method, fields):
        """A command that saw an older version is refused and changes nothing."""
        command = self.make(who, method, {**fields, "version": fields["version"] - 1})
        outcome, data = self.settle(command)
        assert outcome in (None, "refused"), f"{command} -> {data}"

    def lead_one_task(self):
        """From draft to signature, as long as there are turns; a command of unknown end ends it."""
        task = self.command("drafter", "CreateTask", {"draft": self.load.draft})
        for who, method, more in LIFE:
            if not task or not self.load.next_turn():
                return
            fields = {"taskId": task["taskId"], "version": task["version"], **more}
            if task["version"] > 1 and self.dice.random() < STALE:
                self.try_stale(who, method, fields)
            task = self.command(who, method, fields)

    def run(self):
        try:
            while self.load.next_turn():
                self.lead_one_task()
        except Exception as error:  # any failure of a client is the test's
            self.load.errors.append(error)
        self.connection.close()


class Load:
    """So many commands at a steady rate, whatever the answers take; a turn is one command, however often it is asked."""

    def __init__(self, port, authority, log, cast, commands, rate, clients, seed):
        self.port, self.authority, self.log, self.commands, self.rate = port, authority, log, commands, rate
        self.draft, self.tokens = cast
        self.errors, self.repeats, self.unknown, self.given, self.started = [], 0, 0, 0, time.monotonic()
        self.turn = threading.Condition()
        self.threads = [threading.Thread(target=Client(self, f"{seed} {i}").run) for i in range(clients)]

    def start(self):
        self.started = time.monotonic()
        for thread in self.threads:
            thread.start()

    def next_turn(self):
        """Waits for the next slot of the steady rate; False when all commands are given."""
        with self.turn:
            if self.given == self.commands or self.errors:
                return False
            slot, self.given = self.given, self.given + 1
            self.turn.notify_all()
        time.sleep(max(0.0, self.started + slot / self.rate - time.monotonic()))
        return True

    def is_running(self):
        return any(thread.is_alive() for thread in self.threads)

    def wait_for(self, count):
        """Until so many commands were given; False when the load has ended before."""
        with self.turn:
            while self.given < count and self.is_running():
                self.turn.wait(0.2)
            return self.given >= count

    def finish(self):
        """Gives no more commands."""
        with self.turn:
            self.commands = self.given
        self.end()

    def end(self):
        for thread in self.threads:
            thread.join()
        self.elapsed = time.monotonic() - self.started
        if self.errors:
            raise self.errors[0]

"""20,000 commands from 16 clients at a steady rate while services and the database are killed: nothing that was
acknowledged is lost, nothing is done twice, versions have no gaps, audit entries equal effects."""
import collections
import datetime
import http.client
import json
import random
import ssl
import threading
import time
import uuid

import pytest
from installation import Installation

CLIENTS, COMMANDS, RATE, KILLS, REPEATED = 16, 20_000, 250, 24, 0.1
VICTIMS = ["task", "directory", "postgres", "task", "audit", "progress", "postgres", "target"]
PATIENCE = 60  # seconds a client repeats one command before it calls it lost


def request_id():
    """A UUIDv7 of this moment."""
    value = (int(time.time() * 1000) << 80) | (7 << 76) | (random.getrandbits(12) << 64) | (2 << 62) | random.getrandbits(62)
    return str(uuid.UUID(int=value))


class Client:
    """One connection that repeats a command under the same id until it has an answer."""

    def __init__(self, installation, tokens):
        self.context = ssl.create_default_context(cafile=str(installation.state / "tls/ca.pem"))
        self.port, self.tokens, self.connection, self.unknown = int(installation.settings["port"]), tokens, None, 0

    def send(self, who, method, body):
        """(HTTP status, bytes); an error of the connection is status 0."""
        try:
            if not self.connection:
                self.connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context, timeout=10)
            self.connection.request("POST", f"/bihuan.v1.{method}", body, {
                "Content-Type": "application/json", "Connect-Protocol-Version": "1",
                "Authorization": f"Bearer {self.tokens[who]}"})
            answer = self.connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self.connection = None
            return 0, b""

    def command(self, who, method, fields):
        """The answer, a dict; the bytes too. Raises when there is none in time or it is a refusal."""
        body = json.dumps({"requestId": request_id(), **fields} if who else fields)
        until = time.monotonic() + PATIENCE
        while True:
            status, data = self.send(who, method, body)
            if status == 200:
                return json.loads(data), data, body
            if status not in (0, 503, 504, 409, 429) or b"STALE_VERSION" in data or b"REUSED" in data:
                raise AssertionError(f"{method} {body} -> {status} {data}")
            assert time.monotonic() < until, f"no answer in {PATIENCE} s to {method} {body}: {status} {data}"
            self.unknown += 1
            time.sleep(0.05 + random.random() * 0.1)

    def repeat(self, who, method, body, data):
        """The same id must give the same bytes, whatever was killed meanwhile."""
        until = time.monotonic() + PATIENCE
        while True:
            status, again = self.send(who, method, body)
            if status == 200:
                assert again == data, f"{body}: {data} then {again}"
                return
            assert status in (0, 503, 504, 409, 429) and time.monotonic() < until, f"{body} -> {status} {again}"
            time.sleep(0.1)


class Load:
    """Sixteen clients that create drafts, hand them in and send them back."""

    def __init__(self, installation, draft, tokens):
        self.installation, self.draft, self.tokens = installation, draft, tokens
        self.acked, self.errors, self.repeats, self.unknown = [], [], 0, 0
        self.lock, self.started, self.given = threading.Lock(), time.monotonic(), 0

    def next_turn(self):
        """Waits for the next slot of the steady rate; False when all commands are given."""
        with self.lock:
            if self.given == COMMANDS or self.errors:
                return False
            slot, self.given = self.given, self.given + 1
        time.sleep(max(0.0, self.started + slot / RATE - time.monotonic()))
        return True

    def one(self, client, who, method, fields):
        answer, data, body = client.command(who, method, fields)
        self.acked.append((json.loads(body)["requestId"], answer["taskId"], answer["version"]))
        if random.random() < REPEATED:
            client.repeat(who, method, body, data)
            self.repeats += 1
        return answer

    def run_client(self):
        client, task = Client(self.installation, self.tokens), None
        try:
            while self.next_turn():
                if not task or task["version"] > 10:
                    task = self.one(client, "drafter", "TaskService/CreateTask", {"draft": self.draft})
                    continue
                who, verb, more = (("drafter", "SubmitTask", {}) if task["version"] % 2
                                   else ("supervisor", "SendBackTask", {"reason": "again"}))
                task = self.one(client, who, f"TaskService/{verb}",
                                {"taskId": task["taskId"], "version": task["version"], **more})
        except AssertionError as error:
            self.errors.append(error)
        self.unknown += client.unknown

    def run(self):
        threads = [threading.Thread(target=self.run_client) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        kills = collections.Counter()
        while any(thread.is_alive() for thread in threads):
            time.sleep(COMMANDS / RATE / KILLS)
            if sum(kills.values()) < KILLS and self.installation.pid(victim := VICTIMS[sum(kills.values()) % len(VICTIMS)]):
                self.installation.kill(victim)
                kills[victim] += 1
        for thread in threads:
            thread.join()
        return kills


@pytest.fixture(scope="module")
def city():
    with Installation() as installation:
        yield installation


def token(city, login):
    answer, _, _ = Client(city, {None: ""}).command(None, "DirectoryService/Login",
                                                    {"login": login, "password": city.passwords[login]})
    return answer["token"]


def next_december():
    """A workday more than eleven months away: there are no holidays in the middle of December."""
    day = datetime.date(datetime.date.today().year + 1, 12, 15)
    return str(day + datetime.timedelta(7 - day.weekday() if day.weekday() > 4 else 0))


def prepared(city):
    """A complete draft, and the tokens of who hands it in and who sends it back."""
    city.log_in("drafter01")
    units = {u["name"]: u["unit_id"] for u in city.json("unit", "list", login="drafter01")["units"]}
    leader = next(u["user_id"] for u in city.json("user", "list", login="drafter01")["users"] if u["login"] == "leader01")
    draft = {"no": "9.9", "text": "沙袋补充", "leadUnitId": units["市水利局"], "coUnitIds": [units["市财政局"]],
             "leaderIds": [leader], "deadline": next_december(), "result": "交付物：台账"}
    return draft, {"drafter": token(city, "drafter01"), "supervisor": token(city, "supervisor01")}


def settle(city):
    """Waits until the log has taken in what was written."""
    until = time.monotonic() + 30
    while city.sql("select count(*) from audit.pending") != ["0"]:
        assert time.monotonic() < until, "the log did not take in its entries"
        time.sleep(0.2)


def test_nothing_acknowledged_is_lost_or_done_twice(city):
    draft, tokens = prepared(city)
    before = int(city.sql("select coalesce(sum(version), 0) from task.task")[0])
    load = Load(city, draft, tokens)
    kills = load.run()
    elapsed = time.monotonic() - load.started
    city.wait_healthy(30)
    settle(city)
    assert not load.errors, load.errors[0]
    assert len(load.acked) == COMMANDS and sum(kills.values()) >= 20

    known = {line for line in city.sql("select key || ' ' || object_id || ' ' || version from task.idem")}
    lost = [a for a in load.acked if f"{a[0]} {a[1]} {a[2]}" not in known]
    assert lost == []
    effects = int(city.sql("select coalesce(sum(version), 0) from task.task")[0]) - before
    assert effects == COMMANDS, "an acknowledged command is one effect, and there were no others"
    gaps = city.sql("""select task_id from task.event group by task_id
                        having min(version) <> 1 or max(version) <> count(*) or count(distinct version) <> count(*)""")
    assert gaps == []
    differing = city.sql("""select t.task_id from task.task t
                              left join (select object_id, count(*) n, max(version) v from audit.entry
                                          where object_type = 'task' group by object_id) e on e.object_id = t.task_id::text
                             where (e.n, e.v) is distinct from (t.version::int8, t.version)""")
    assert differing == []
    city.log_in("auditor01")
    city.cli("audit", "verify", login="auditor01")
    print(f"\n{COMMANDS} commands by {CLIENTS} clients in {elapsed:.0f} s, {load.repeats} repeated, "
          f"{load.unknown} times no answer, kills {dict(kills)}: 0 lost, 0 doubled, 0 gaps")

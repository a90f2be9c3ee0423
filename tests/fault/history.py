"""What must hold after any fault: the clients' log, the tables and the audit log tell the same story."""
import collections
import json
import time

# Where a move may start and where it may end, by hand from the rules; of the moves that the load makes.
LEGAL = {
    ("", "CREATE"): {"DRAFT"}, ("DRAFT", "SUBMIT"): {"PENDING_APPROVAL"}, ("PENDING_APPROVAL", "SEND_BACK"): {"DRAFT"},
    ("PENDING_APPROVAL", "ISSUE"): {"ISSUED"}, ("ISSUED", "ACKNOWLEDGE"): {"ISSUED", "ACTIVE"}, ("ACTIVE", "ACKNOWLEDGE"): {"ACTIVE"},
    ("ACTIVE", "SUBMIT_LEG"): {"ACTIVE"}, ("ACTIVE", "REQUEST_CLOSURE"): {"ACTIVE"}, ("ACTIVE", "COUNTERSIGN"): {"ACTIVE"},
    ("ACTIVE", "SIGN_CLOSURE"): {"VERIFYING"}, ("VERIFYING", "VERIFY"): {"SIGN_OFF"}, ("SIGN_OFF", "SIGN_OFF"): {"CLOSED"},
}
STATES = ["", "DRAFT", "PENDING_APPROVAL", "ISSUED", "ACTIVE", "SUSPENDED", "VERIFYING", "SIGN_OFF", "CLOSED"]
OURS = "select task_id::text from task.task where import_id is null"  # the sample's were imported, all by one command


class History:
    """The tables of an installation after the load, and what its clients were told."""

    def __init__(self, city, log):
        self.asked, self.told = set(), collections.defaultdict(list)
        for line in map(json.loads, log.read_text(encoding="utf-8").splitlines()):
            if "asked" in line:
                self.asked.add(line["asked"])
            else:
                self.told[line["id"]].append((line["told"], line["task"], line["version"]))
        self.effects = {key: (task, int(version)) for key, task, version in
                        rows(city, f"key, object_id, version from task.idem where object_id in ({OURS})")}
        self.tasks = {task: (int(version), STATES[int(state)]) for task, version, state in
                      rows(city, "task_id, version, state from task.task where import_id is null")}
        self.events = rows(city, f"""task_id, version, move, state from task.event where task_id::text in ({OURS})
                                      order by task_id, version""")
        self.views = dict(rows(city, f"task_id, state from progress.task_view where task_id::text in ({OURS})"))
        self.entries = rows(city, f"object_id, version from audit.entry where object_type = 'task' and object_id in ({OURS})")

    def acknowledged(self):
        """id -> what it was told; the same however often."""
        found = {}
        for key, answers in self.told.items():
            given = {answer[1:] for answer in answers if answer[0] == "acknowledged"}
            assert len(given) <= 1, f"{key} was told {given}"
            if given:
                found[key] = given.pop()
        return found

    def check_effects(self, before):
        """Acknowledged: one effect, the one that was told. Refused: none. Unknown: one or none. And none of nobody's."""
        acknowledged = self.acknowledged()
        lost = {key: answer for key, answer in acknowledged.items() if self.effects.get(key) != answer}
        assert not lost, f"acknowledged and lost: {lost}"
        refused = {key for key, answers in self.told.items() if answers[-1][0] == "refused"}
        assert not refused & set(self.effects), f"refused and done: {refused & set(self.effects)}"
        assert set(self.effects) - before <= self.asked, "effects that nobody asked for"
        assert len(set(self.effects.values())) == len(self.effects), "two commands made one version"
        return {"acknowledged": len(acknowledged), "refused": len(refused),
                "unknown": len(self.asked) - len(acknowledged) - len(refused)}

    def check_versions(self):
        """Each task's events are versions 1, 2, ... up to its own, each move is legal, and the last state is its own."""
        last = {}
        for task, version, move, state in self.events:
            seen, before = last.get(task, (0, ""))
            after = STATES[int(state)]
            assert int(version) == seen + 1, f"{task} goes from version {seen} to {version}"
            assert after in LEGAL.get((before, move), ()), f"{task} {version}: {move} leads from {before} to {after}"
            last[task] = (int(version), after)
        assert last == self.tasks

    def check_followers(self):
        """Who is told of changes has the last state of every task that ever left its first one."""
        last = {task: STATES.index(state) for task, (version, state) in self.tasks.items() if version > 1}
        late = {task: (state, self.views.get(task)) for task, state in last.items() if self.views.get(task) != str(state)}
        assert not late, f"progress was not told: {late}"

    def check_witnesses(self):
        """Request ids, events and audit entries name the same versions of the same tasks, each once."""
        events = sorted((task, int(version)) for task, version, _, _ in self.events)
        assert sorted(self.effects.values()) == events, "request ids differ from events"
        assert sorted((task, int(version)) for task, version in self.entries) == events, "audit entries differ from events"


def rows(city, what):
    return [line.split("|") for line in city.sql("select " + what)]


def wait_until(holds, seconds, otherwise):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, otherwise
        time.sleep(0.05)


def drain(city, table):
    """Waits until the table is empty; as long as it shrinks, that may take what it takes."""
    left = None
    while (now := int(city.sql(f"select count(*) from {table}")[0])) != 0:
        if left is None or now < left:
            left, end = now, time.monotonic() + 60
        assert time.monotonic() < end, f"{now} rows stay in {table}\n{city.trouble()}"
        time.sleep(0.2)


def settle(city):
    """Until the log has taken in what was written, and the other services have what they are told."""
    drain(city, "audit.pending")
    for service in ("task", "progress"):
        drain(city, f"{service}.outbox")
        assert city.sql(f"select count(*) from {service}.outbox_dead") == ["0"]


def effects_now(city):
    """The request ids that had an effect so far."""
    return {key for key, in rows(city, "key from task.idem")}


def check(city, log, before=frozenset()):
    """All of it, and the audit log by its own verifier. Returns how many commands ended how."""
    settle(city)
    history = History(city, log)
    counts = history.check_effects(set(before))
    history.check_versions()
    history.check_followers()
    history.check_witnesses()
    city.log_in("auditor01")
    city.cli("audit", "verify", login="auditor01")
    return counts

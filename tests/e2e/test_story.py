"""One closed loop by the command line, from the plan's document to the leader's signature, on the sample plan and, where
it lies beside the project, on a real one. The clock stands in 2025; everybody who must be another person is one."""
import os
import pathlib
import re

import pytest
from installation import TOP, Installation

SHARED = pathlib.Path(os.environ.get("BIHUAN_SHARED", TOP.parent / "shared"))
REAL = SHARED / "documents" / "jiaxing-2025-breakdown.txt"
OFFICE, LEADERS = "市督查室", "市领导"


@pytest.fixture(scope="module")
def city():
    installation = Installation()
    installation.set_clock("2025-03-03T09:00:00+08:00")
    installation.environment["BIHUAN_SAMPLE_DAY"] = "2025-03-03"
    with installation:
        installation.log_in("operator01")
        yield City(installation)


class City:
    """Makes units and people as a document needs them, and speaks for each person."""

    def __init__(self, installation):
        self.installation = installation
        self.units = [unit["name"] for unit in self.ask("operator01", "unit", "list")["units"]]
        self.logins = set()

    def do(self, login, *command, code=0):
        return self.installation.cli(*command, "--yes", login=login, code=code)

    def ask(self, login, *command):
        return self.installation.json(*command, login=login)

    def unit(self, name, kind="department", **options):
        if name not in self.units:
            flags = [word for key, value in options.items() for word in (f"--{key.replace('_', '-')}", value)]
            self.do("operator01", "unit", "add", name, "--kind", kind, *flags)
            self.units.append(name)
        return name

    def office_of(self, name):
        """The supervision office that watches the unit's own tasks."""
        units = {unit["unit_id"]: unit for unit in self.ask("operator01", "unit", "list")["units"]}
        office = next(unit["office_unit_id"] for unit in units.values() if unit["name"] == name)
        return units[office]["name"]

    def person(self, login, post, unit):
        """The login of somebody who holds the post, logged in."""
        if login not in self.logins:
            secret = self.installation.root / "password"
            secret.write_text(f"{login}-long-enough\n")
            self.do("operator01", "user", "add", login, "--name", login, "--password-file", secret)
            self.do("operator01", "user", "post", login, "--post", post, "--unit", unit)
            self.do(None, "login", login, "--password-file", secret)
            self.logins.add(login)
        return login


class Story:
    """One document's plan and one of its tasks, with everybody who has a part in it."""

    def __init__(self, city, name, document):
        self.city, self.name, self.document = city, name, document
        self.plan = city.installation.json("import", document, "--dry-run")
        self.task = next(t for t in self.plan["tasks"] if t["lead"] and len(t["co"]) >= 2 and len(t["counties"]) >= 1
                         and not any(u.startswith("各") for u in t["co"] + t["counties"]))
        self.no, self.lead = self.task["no"], self.task["lead"]
        self.cos, self.county = self.task["co"][:2], self.task["counties"][0]
        self.rest = self.task["co"][2:] + self.task["counties"][1:]
        self.drafter, self.supervisor = self.office("drafter"), self.office("office_head")
        self.verifier = self.office("verifier")

    def office(self, post):
        return self.city.person(f"{self.name}-{post.replace('_', '-')}", post, OFFICE)

    def of(self, unit, post):
        number = self.city.units.index(unit)
        return self.city.person(f"{self.name}-{post}-{number}", post, unit)

    def make_the_directory(self):
        self.city.unit(self.county, kind="county", office_unit=self.city.unit(f"{self.name}县督查室", kind="office"))
        names = {u for t in self.plan["tasks"] + self.plan["livelihood"]
                 for u in [t["lead"], *t["co"], *t["counties"], *self.plan["document"]["co_all"]] if u}
        for unit in sorted(names):
            if self.city.unit(unit, kind="collective" if unit.startswith("各") else "department").startswith("各"):
                self.city.do("operator01", "unit", "members", unit, "--member-unit", self.county)
        leaders = sorted({t["leader"] for t in self.plan["tasks"] + self.plan["livelihood"]})
        self.leaders = {name: self.city.person(f"{self.name}-leader-{i}", "leader", LEADERS)
                        for i, name in enumerate(leaders)}
        self.leader = self.leaders[self.task["leader"]]

    def import_and_issue_all(self):
        city = self.city
        if self.name == "real":  # the sample's leaders are in the directory
            refused = city.do(self.drafter, "import", self.document, code=6)
            assert all(name in refused.stdout + refused.stderr for name in self.leaders)
        mapping = [word for name, login in self.leaders.items() for word in ("--leader", f"{name}={login}")]
        out = city.do(self.drafter, "import", self.document, "-o", "json", *mapping).stdout
        self.import_id = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", out)[0]
        again = city.do(self.drafter, "import", self.document, "-o", "json", *mapping).stdout
        assert self.import_id in again
        city.do(self.drafter, "task", "set", "--import", self.import_id, "--all", "--plan-year", "2025",
                "--default-result", "交付物：成果清单；佐证：验收记录")
        tasks = self.tasks(self.drafter)
        city.do(self.drafter, "task", "submit", "--import", self.import_id, "--all")
        city.do(self.supervisor, "task", "issue", "--import", self.import_id, "--all")
        states = {t["state"] for t in self.tasks(self.drafter)}
        assert states == {"TASK_STATE_ISSUED"}
        return len(tasks)

    def tasks(self, login):
        return self.city.ask(login, "task", "list", "--import", self.import_id)["tasks"]

    def show(self, login, task):
        return self.city.ask(login, "task", "show", task)["task"]

    def find(self):
        self.id = next(t["task_id"] for t in self.tasks(self.drafter) if t["no"] == self.no)

    def state(self):
        return self.show(self.supervisor, self.id)["state"].removeprefix("TASK_STATE_")

    def act(self, unit, post, *command, code=0):
        return self.city.do(self.of(unit, post), *command[:2], self.id, *command[2:], code=code)


@pytest.fixture(params=["sample", "real"], scope="module")
def story(request, city):
    if request.param == "real" and not REAL.exists():
        pytest.skip(f"no {REAL.name} beside the project")
    sample = city.installation.state / "sample-plan.txt"
    if request.param == "sample":
        document = city.installation.root / "plan.txt"
        document.write_text(sample.read_text(encoding="utf8").replace("1号", "2号"), encoding="utf8")
    else:
        document = REAL
    return Story(city, request.param, document)


def report(story, unit, evidence):
    """Handed in, returned, handed in again, approved by another person."""
    story.act(unit, "handler", "report", "submit", "--period", "2025-03", "--text", "开工", "--evidence", evidence,
              "--value", "进度,30,%,台账")
    listed = story.city.ask(story.of(unit, "head"), "report", "list", story.id)["reports"]
    mine = next(r["report_id"] for r in listed if r["submitted_by"])
    story.city.do(story.of(unit, "head"), "report", "sendback", mine, "--reason", "补充数据来源")
    story.act(unit, "handler", "report", "submit", "--period", "2025-03", "--text", "开工并完成测量", "--evidence", evidence,
              "--value", "进度,30,%,监理月报")
    story.city.do(story.of(unit, "handler"), "report", "approve", mine, code=5)
    story.city.do(story.of(unit, "head"), "report", "approve", mine)


def extension(story, day, granted):
    story.act(story.lead, "head", "apply", "extension", "--reason", "汛期停工", "--day", day)
    # `apply KIND TASK` and `application decide TASK`
    flag = "--granted" if granted else "--refused"
    story.city.do(story.supervisor, "application", "decide", story.id, flag, "--reason", "核对工期")


def break_down(story):
    """The county's office runs its own loop for the part it gave to a bureau."""
    city, county = story.city, story.county
    office = city.office_of(county)
    bureau = city.unit(f"{story.name}县建设局")
    people = {post: city.person(f"{story.name}-county-{post.replace('_', '-')}", post, office)
              for post in ("drafter", "office_head", "verifier")}
    leader = city.person(f"{story.name}-county-leader", "leader", county)
    handler, head = story.of(bureau, "handler"), story.of(bureau, "head")
    story.act(county, "head", "task", "split", "--child", f"1={bureau}=本县部分", "--deadline", "2025-10-31",
              "--result", "交付物：验收单", "--leader", leader)
    child = city.ask(story.of(county, "head"), "task", "list", "--parent-task", story.id)["tasks"][0]["task_id"]
    for who, *command in ((people["drafter"], "submit"), (people["office_head"], "issue"), (handler, "ack"),
                          (handler, "close", "--text", "本县完成"), (head, "approve"),
                          (people["verifier"], "verify", "--result-class", "B"), (leader, "signoff")):
        city.do(who, "task", command[0], child, *command[1:])
    return child


def test_from_the_document_to_the_signature(story, tmp_path):
    city = story.city
    story.make_the_directory()
    count = story.import_and_issue_all()
    livelihood = [t["no"] for t in story.plan["livelihood"]]
    again = [t for i, t in enumerate(story.plan["livelihood"]) if set(t["same_as"]) & set(livelihood[:i])]
    assert count == len(story.plan["tasks"]) + len(livelihood) - len(again), "the same work is one task"
    story.find()

    story.act(story.lead, "handler", "task", "ack")
    assert story.state() == "ACTIVE"
    for unit in story.cos + [story.county] + story.rest:
        story.act(unit, "handler", "task", "ack")

    evidence = tmp_path / "ledger.txt"
    evidence.write_text(f"{story.name}: 监理月报\n", encoding="utf8")
    report(story, story.lead, evidence)
    extension(story, "2026-01-30", granted=False)
    assert story.show(story.supervisor, story.id)["deadline"] != "2026-01-30"
    extension(story, "2026-01-30", granted=True)
    assert story.show(story.supervisor, story.id)["deadline"] == "2026-01-30"

    for unit in story.cos + story.rest:
        story.act(unit, "handler", "task", "submit-leg")
    break_down(story)
    story.act(story.county, "handler", "task", "submit-leg")

    # A closing text, one dissent overruled, and the verifier sends it back: every signature is to be given anew.
    story.act(story.lead, "handler", "task", "close", "--text", "首批完成")
    for unit in story.rest + [story.county, story.cos[0]]:
        story.act(unit, "head", "task", "countersign")
    story.act(story.cos[1], "head", "task", "dissent", "--opinion", "缺少资金决算")
    refused = story.act(story.lead, "head", "task", "approve", code=6)
    assert "会签" in refused.stderr
    city.do(story.supervisor, "task", "rule", story.id, "--unit", story.cos[1], "--overruled", "--reason", "决算另行审计")
    story.act(story.lead, "head", "task", "approve")
    assert story.state() == "VERIFYING"
    city.do(story.verifier, "task", "return", story.id, "--reason", "现场照片不全")
    assert story.state() == "ACTIVE"

    story.act(story.lead, "handler", "task", "close", "--text", "全部完成，附现场照片")
    for unit in story.rest + [story.county, *story.cos]:
        story.act(unit, "head", "task", "countersign")
    story.act(story.lead, "head", "task", "approve")
    city.do(story.verifier, "task", "verify", story.id, "--result-class", "A")
    assert city.do(story.supervisor, "task", "signoff", story.id, code=5).stderr
    city.do(story.leader, "task", "signoff", story.id)
    assert story.state() == "CLOSED"

    events = city.ask(story.supervisor, "task", "history", story.id)["events"]
    assert [e["version"] for e in events] == list(range(1, len(events) + 1))
    took_part = {e["user_id"] for e in events}
    legs = story.show(story.supervisor, story.id)["legs"]
    assert {leg["state"] for leg in legs} <= {"LEG_STATE_DONE", "LEG_STATE_RELEASED"}
    assert len(took_part) >= 12 or len(took_part) + 6 >= 12  # the county's own loop has six more


def test_the_log_says_the_same(story):
    rows = story.city.installation.sql(
        f"select count(*) from audit.entry where object_type = 'task' and object_id = '{story.id}'") if hasattr(story, "id") else ["0"]
    version = story.show(story.supervisor, story.id)["version"]
    assert int(rows[0]) == version


def test_a_stranger_verifies_the_whole_log(story):
    """Every entry that the story's commands wrote, recomputed from its bytes, against a head kept outside."""
    installation = story.city.installation
    head = installation.home / "head-of-the-story.txt"
    installation.log_in("auditor01")
    installation.cli("audit", "head", "--save", head, login="auditor01")
    installation.cli("audit", "verify", "--head", head, login="auditor01")

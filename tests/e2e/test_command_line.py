"""bihuan: exit statuses, output, several logins, and that a repeated command after a lost answer takes effect once."""
import csv
import datetime
import hashlib
import io
import json
import os
import pty
import signal
import subprocess
import time
import unicodedata

import pytest
from installation import plan_year, today

NOBODY = "https://127.0.0.1:9"


@pytest.fixture(scope="module")
def people(bihuan):
    """The installation, with a stored login for each post that the tests use."""
    for login in ["drafter01", "supervisor01", "verifier01", "transport-handler01", "transport-head01", "auditor01"]:
        bihuan.log_in(login)
    return bihuan


@pytest.fixture
def draft(people):
    """A fresh draft of the city's office; its id."""
    return people.json("task", "create", "--no", "9.1", "--text", "编印办事指南", "--lead-unit", "市交通运输局",
                       "--co-unit", "市财政局", "--leader", "leader01", login="drafter01")["task_id"]


def moves(installation, task):
    return [event["move"] for event in installation.json("task", "history", task, login="supervisor01")["events"]]


def tasks(installation, *filters):
    return installation.json("task", "list", *filters, login="drafter01")["tasks"]


def version_of(installation, task):
    return installation.json("task", "show", task, login="drafter01")["task"]["version"]


def pending(installation):
    folder = installation.home / ".local/state/bihuan/pending"
    return list(folder.iterdir()) if folder.exists() else []


def at_a_terminal(installation, typed, *arguments):
    """Types into the command at a terminal of its own; what the terminal showed, and the exit status."""
    process, terminal = pty.fork()
    if process == 0:
        os.execve(installation.state / "bin/command", ["command", *map(str, arguments)], installation.environment)
    shown = b""
    while not shown.endswith((b": ", b"\xef\xbc\x9a ", b"] ")):
        shown += os.read(terminal, 1)
    os.write(terminal, typed)
    try:
        while chunk := os.read(terminal, 4096):
            shown += chunk
    except OSError:  # the other side is closed
        pass
    return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def columns(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


# ---- without a server

def test_help_needs_no_server(bihuan):
    assert "task issue" in bihuan.cli("help", "--server", NOBODY).stdout
    assert "延期(extension)|" in bihuan.cli("apply", "--help", "--lang", "zh", "--server", NOBODY).stdout
    assert "--new-unit" in bihuan.cli("task", "reassign", "--help", "--server", NOBODY).stdout
    mapped = bihuan.cli("import", "--help", "--lang", "zh", "--server", NOBODY).stdout
    assert "写法=单位" in mapped and "写法=领导" in mapped
    assert bihuan.cli("version").stdout.startswith("bihuan ")


@pytest.mark.parametrize("arguments", [
    ["nonsense"], ["task", "ack"], ["task", "ack", "1.1", "--reason", "x"], ["task", "list", "--state", "HAPPY"],
    ["task", "list", "-o", "xml"], ["task", "return", "1.1"], ["apply", "holiday", "1.1", "--reason", "x"],
    ["application", "decide", "1.1", "--granted", "--refused", "--reason", "x"], ["task", "submit", "--all", "--version", "1", "--import", "x"],
])
def test_usage_is_2(people, arguments):
    run = people.cli(*arguments, login="drafter01", code=2)
    assert run.stdout == "" and run.stderr.startswith("bihuan: ")


def test_version_is_a_name_and_a_number(bihuan):
    assert bihuan.cli("--version").stdout == bihuan.cli("version").stdout
    assert len(bihuan.cli("--version").stdout.split()) == 2


def test_an_option_error_names_the_command_and_its_usage(bihuan):
    run = bihuan.cli("task", "show", "--nonsense", "1.1", "--lang", "en", code=2)
    assert run.stderr == ("bihuan: The command task show has no option --nonsense. [UNKNOWN_OPTION]\n"
                          "usage: bihuan task show TASK [OPTIONS]\n")
    run = bihuan.cli("report", "approve", "--lang", "en", code=2)
    assert "usage: bihuan report approve REPORT [OPTIONS]" in run.stderr
    assert "zh|en" in bihuan.cli("task", "list", "--lang", "fr", code=2).stderr


def test_dry_run_needs_no_server(bihuan):
    found = bihuan.json("import", bihuan.state / "sample-plan.txt", "--dry-run", "--server", NOBODY)
    assert [task["no"] for task in found["tasks"]] == ["1.1", "1.2", "1.3", "1.4", "2.1", "2.2", "2.3"]
    assert len(found["livelihood"]) == 4 and len(found["matrix"]) == 4


def test_doubts_are_told_in_the_readers_language(bihuan, tmp_path):
    path = tmp_path / "plan.txt"
    path.write_text("一、甲乙市长牵头\n1. 做好工作。\n责任单位：市甲局等\n")
    told = bihuan.cli("import", path, "--dry-run", "--lang", "en").stderr
    assert 'line 3: task 1.1 [unit_list_open] The list of units ends with "等": it is not complete.' in told
    assert "单位名单以“等”结尾，未列全" in bihuan.cli("import", path, "--dry-run", "--lang", "zh").stderr
    found = bihuan.json("import", path, "--dry-run", "--lang", "en")["tasks"][0]
    assert found["warnings"] == [{"line": 3, "code": "unit_list_open", "message": "单位名单以“等”结尾，未列全"}]


# ---- who and where

def test_unreachable_is_9(people):
    run = people.cli("task", "list", "--server", NOBODY, "--timeout", "2", login="drafter01", code=None)
    assert run.returncode == 4  # no login is stored for that server
    run = people.cli("login", "drafter01", "--password-file", "-", "--server", NOBODY, "--timeout", "2", stdin="x\n", code=9)
    assert "SERVER_UNREACHABLE" in run.stderr


def test_foreign_certificate_authority_is_9(people, tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "key.pem", "-out",
                    tmp_path / "ca.pem", "-subj", "/CN=elsewhere"], check=True, capture_output=True)
    run = people.cli("task", "list", "--ca", tmp_path / "ca.pem", login="drafter01", code=9)
    assert "SERVER_NOT_TRUSTED" in run.stderr


def test_login_failures_are_4(people):
    assert "LOGIN_FAILED" in people.cli("login", "drafter01", "--password-file", "-", stdin="wrong password\n", code=4).stderr
    assert "LOGIN_FAILED" in people.cli("login", "nobody99", "--password-file", "-", stdin="wrong password\n", code=4).stderr
    assert "LOGIN_NEEDED" in people.cli("task", "list", login="never-seen", code=4).stderr
    kept = next(login["name"] for login in people.json("whoami", "--all")["logins"] if login["is_current"])
    told = people.cli("login", "drafter01", "--password-file", "-", "--lang", "zh", stdin="wrong password\n", code=4).stderr
    assert f"仍以 {kept} 的身份执行" in told


def test_password_is_not_shown_while_typed(people):
    secret = people.passwords["auditor01"]
    shown, status = at_a_terminal(people, f"{secret}\n".encode(), "login", "auditor01")
    assert status == 0 and secret not in shown
    _, status = at_a_terminal(people, b"\x03", "login", "auditor01")
    assert status == 2


def test_token_is_private_and_dies_with_logout(people):
    people.log_in("west-head01")
    stored = next((people.home / ".config/bihuan/logins").glob("*/west-head01"))
    assert stored.stat().st_mode & 0o777 == 0o600
    kept = stored.read_text()
    people.cli("logout", login="west-head01")
    assert not stored.exists()
    stored.write_text(kept)
    people.cli("whoami", login="west-head01", code=4)
    stored.unlink()


def test_each_login_is_itself(people):
    for login in ["drafter01", "supervisor01"]:
        assert people.json("whoami", login=login)["user"]["login"] == login


# ---- refusals

def test_not_found_is_3(people):
    people.cli("task", "show", "77.77", login="drafter01", code=3)
    people.cli("task", "show", "0193a3f0-0000-7000-8000-000000000000", login="drafter01", code=3)
    people.cli("import", "no-such-file.txt", login="drafter01", code=3)


def test_not_allowed_is_5(people, draft):
    run = people.cli("task", "submit", draft, login="auditor01", code=5)
    assert run.stderr.startswith("bihuan: ")
    people.cli("unit", "add", "某单位", "--kind", "department", login="drafter01", code=5)


def test_not_valid_is_6(people, draft):
    run = people.cli("task", "submit", draft, "--lang", "en", login="drafter01", code=6)
    assert "NO_DEADLINE" in run.stderr or "NO_RESULT" in run.stderr


def test_a_draft_is_corrected_as_why_says(people):
    task = people.json("task", "create", "--no", "9.3", "--text", "两家单位并列", "--co-unit", "市交通运输局",
                       "--co-unit", "市财政局", login="drafter01")["task_id"]
    assert "bihuan task revise" in people.cli("task", "why", task, "--lang", "zh", login="drafter01").stdout
    people.cli("task", "revise", task, login="drafter01", code=2)
    assert "no|text|lead-unit|" in people.cli("task", "revise", task, "--clear", "nothing", login="drafter01", code=2).stderr
    both = people.cli("task", "revise", task, "--clear", "no", "--no", "9.4", "--lang", "zh", login="drafter01", code=2).stderr
    assert "--clear no 与 --no 不能同时给出" in both
    people.cli("task", "revise", task, "--lead-unit", "市交通运输局", "--leader", "leader01", "--result", "指南一册",
               "--deadline", f"{plan_year(people)}-12-30", "--node", f"{plan_year(people)}-12-15=初稿", "--clear", "no",
               login="drafter01")
    shown = people.json("task", "show", task, login="drafter01")["task"]
    assert shown["no"] == "" and shown["milestones"][0]["title"] == "初稿" and len(shown["legs"]) == 2
    again = people.json("task", "revise", task, "--result", "指南一册", login="drafter01")
    assert again["is_unchanged"] and again["version"] == 2
    people.cli("task", "submit", task, login="drafter01")


def test_stale_version_is_8(people, draft):
    people.cli("task", "set", draft, "--result", "指南一册并附样张", login="drafter01")
    run = people.cli("task", "submit", draft, "--version", "1", login="drafter01", code=8)
    assert "STALE_VERSION" in run.stderr


def test_number_with_two_tasks_lists_them(people, draft):
    people.cli("task", "create", "--no", "9.1", "--text", "另一项", login="drafter01")
    run = people.cli("task", "show", "9.1", "--lang", "zh", login="drafter01", code=6)
    assert f"{draft}  9.1  草拟  编印办事指南" in run.stderr and "  9.1  草拟  另一项" in run.stderr
    people.cli("task", "show", "", login="drafter01", code=2)


def test_number_means_the_task_that_lives(people):
    ended, living = [people.json("task", "create", "--no", "9.7", "--text", text, login="drafter01")["task_id"]
                     for text in ("旧稿", "新稿")]
    people.cli("apply", "termination", ended, "--reason", "重拟", login="drafter01")
    people.cli("application", "decide", ended, "--granted", "--reason", "同意", login="supervisor01")
    assert people.json("task", "show", "9.7", login="drafter01")["task"]["task_id"] == living


def test_task_by_the_beginning_of_its_id(people, draft):
    assert people.json("task", "show", draft[:23], login="drafter01")["task"]["task_id"] == draft


# ---- output

def test_table_is_aligned_by_display_width(people):
    lines = people.cli("unit", "list", login="drafter01").stdout.splitlines()
    starts = {columns(line[:line.index(name)]) for line in lines for name in ["市财政局", "市民政局", "东湖区交通局"]
              if f" {name} " in line}
    assert len(starts) == 1


def test_csv_and_json_agree(people):
    rows = list(csv.reader(io.StringIO(people.cli("task", "list", "-o", "csv", "--lang", "en", login="drafter01").stdout)))
    assert rows[0][0] == "no."
    assert [row[rows[0].index("text")] for row in rows[1:]] == [task["text"] for task in tasks(people)]


def test_csv_of_one_object_is_whole_and_has_heads(people, draft):
    heads, values = csv.reader(io.StringIO(people.cli("task", "show", draft, "-o", "csv", "--lang", "zh", login="drafter01").stdout))
    row = dict(zip(heads, values, strict=True))
    assert len(row) == len(people.json("task", "show", draft, login="drafter01")["task"])
    assert row["任务标识"] == draft and row["状态"] == "草拟" and "市财政局" in row["责任单位"]
    assert not any(head.isascii() for head in heads)
    assert not {"是", "否"} & set(row["责任单位"].split())


def test_two_languages(people):
    assert "草拟" in people.cli("task", "list", "--lang", "zh", login="drafter01").stdout
    assert "draft" in people.cli("task", "list", "--lang", "en", login="drafter01").stdout


def test_a_task_shows_who_signs_and_whose_turn_it_is(people, draft):
    lines = people.cli("task", "show", draft, "--lang", "zh", login="drafter01").stdout.splitlines()
    shown = dict(line.split(maxsplit=1) for line in lines[1:8])
    assert (shown["分管领导"], shown["重点任务"], shown["该谁办"]) == ("领导甲", "否", "督查室")
    key = people.json("task", "create", "--text", "重点一项", "--is-key", login="drafter01")["task_id"]
    assert "key task        yes" in people.cli("task", "show", key, "--lang", "en", login="drafter01").stdout


EMPTY_LISTS = {
    "tasks": ["task", "list", "--no", "77.77"],
    "reports": ["report", "list", "--period", "2001-01"],
    "targets": ["target", "list", "--import", "0193a3f0-0000-7000-8000-000000000000"],
    "entries": ["audit", "list", "--object", "task/0193a3f0-0000-7000-8000-000000000000"],
    "contexts": ["context", "list"],
}


@pytest.mark.parametrize("key", EMPTY_LISTS)
def test_an_empty_list_says_so(people, key):
    run = people.cli(*EMPTY_LISTS[key], "--lang", "zh", login="auditor01")
    assert run.stdout == "" and "没有可列出的" in run.stderr
    assert people.json(*EMPTY_LISTS[key], login="auditor01") == {key: []}
    assert len(people.cli(*EMPTY_LISTS[key], "-o", "csv", login="auditor01").stdout.splitlines()) == 1


def test_entries_of_the_log_name_people_and_come_in_both_orders(people, draft):
    chosen = ["audit", "list", "--object", f"task/{draft}"]
    people.cli("task", "set", draft, "--result", "指南一册并附样张", login="drafter01")
    deadline = time.monotonic() + 60
    while len(entries := people.json(*chosen, login="auditor01")["entries"]) < 2:
        assert time.monotonic() < deadline, "the sequencer does not run"
    assert [(entry["action"], entry["version"], entry["user_name"], entry["unit_name"], entry["post"]) for entry in entries] == [
        ("CREATE", 1, "拟稿一", "市督查室", "POST_DRAFTER"), ("SET", 2, "拟稿一", "市督查室", "POST_DRAFTER")]
    assert people.json(*chosen, "--newest", login="auditor01")["entries"] == entries[::-1]
    assert people.json(*chosen, "--newest", "--limit", "1", login="auditor01")["entries"] == entries[1:]
    row, = csv.DictReader(io.StringIO(people.cli(*chosen, "--limit", "1", "-o", "csv", "--lang", "zh", login="auditor01").stdout))
    assert (row["动作"], row["人员"], row["单位"], row["人员编号"]) == ("新建", "拟稿一", "市督查室", str(entries[0]["user_id"]))
    newest = people.cli("audit", "list", "--newest", "--limit", "2", "-o", "json", "--lang", "en", login="auditor01")
    first, second = [int(entry["entry_index"]) for entry in json.loads(newest.stdout)["entries"]]
    assert first == second + 1 and "--limit" in newest.stderr
    hidden = people.json(*chosen, login="verifier01")["entries"]
    assert {entry["access"] for entry in hidden} == {"SHOWN"}


def test_entries_of_a_task_are_found_by_what_it_is_called(people):
    task = people.json("task", "create", "--no", "9.8", "--text", "审计一项", login="drafter01")["task_id"]
    deadline = time.monotonic() + 60
    while not (entries := people.json("audit", "list", "--object", f"task/{task}", login="auditor01")["entries"]):
        assert time.monotonic() < deadline, "the sequencer does not run"
    for called in ["9.8", task[:23]]:
        assert people.json("audit", "list", "--object", f"task/{called}", login="auditor01")["entries"] == entries
    people.cli("audit", "list", "--object", "task/77.77", login="auditor01", code=3)


def test_limit_says_that_there_is_more(people):
    run = people.cli("unit", "list", "--limit", "2", "-o", "json", "--lang", "en", login="drafter01")
    assert len(json.loads(run.stdout)["units"]) == 2 and "--limit" in run.stderr


# ---- moves that the story of one task does not make

def active(people, draft, *nodes):
    """The draft, issued and acknowledged by its lead."""
    people.cli("task", "set", draft, "--result", "指南一册并附样张", *nodes, login="drafter01")
    people.cli("task", "submit", draft, login="drafter01")
    people.cli("task", "issue", draft, login="supervisor01")
    people.cli("task", "ack", draft, login="transport-handler01")
    return draft


def test_milestone_is_reported_approved_and_confirmed(people, draft, tmp_path):
    year = plan_year(people)
    active(people, draft, "--plan-year", year, "--node", f"{year}-12-15=初稿", "--node", f"{year}-12-30=定稿")
    evidence = tmp_path / "proof.txt"
    evidence.write_text("样张")
    people.cli("milestone", "report", draft, "1", "--evidence", evidence, login="transport-handler01")
    people.cli("milestone", "approve", draft, "1", login="transport-handler01", code=5)
    people.cli("milestone", "approve", draft, "1", login="transport-head01")
    people.cli("milestone", "confirm", draft, "1", login="verifier01")
    people.cli("milestone", "confirm", draft, "2", "--waived", "--note", "并入初稿", login="verifier01")
    task = people.json("task", "show", draft, login="supervisor01")["task"]
    assert [milestone["state"] for milestone in task["milestones"]] == ["CONFIRMED", "WAIVED"]


def test_suspension_is_applied_for_granted_and_ended(people, draft):
    active(people, draft, "--plan-year", plan_year(people))
    review = (today() + datetime.timedelta(days=10)).isoformat()
    people.cli("apply", "suspension", draft, "--reason", "停电", "--day", review, login="transport-head01")
    decisions = [todo["moves"] for todo in people.json("todo", login="supervisor01")["todos"] if "GRANT_SUSPENSION" in todo["moves"]]
    assert decisions == [["GRANT_SUSPENSION", "REFUSE_APPLICATION"]]
    people.cli("application", "decide", draft, "--granted", "--reason", "属实", login="supervisor01")
    assert people.json("task", "show", draft, login="supervisor01")["task"]["state"] == "TASK_STATE_SUSPENDED"
    people.cli("task", "resume", draft, "--reason", "来电", login="supervisor01")
    assert people.json("task", "show", draft, login="supervisor01")["task"]["state"] == "TASK_STATE_ACTIVE"


def test_application_is_withdrawn_and_an_urge_has_its_gap(people, draft):
    active(people, draft, "--plan-year", plan_year(people))
    people.cli("apply", "adjustment", draft, "--reason", "加印", "--result", "指南两册", login="transport-head01")
    people.cli("application", "withdraw", draft, login="transport-head01")
    people.cli("task", "urge", draft, "--unit", "市财政局", login="supervisor01")
    run = people.cli("task", "urge", draft, "--unit", "市财政局", login="supervisor01", code=6)
    assert "URGED_TOO_SOON" in run.stderr
    history = people.cli("task", "history", draft, "--lang", "zh", login="supervisor01").stdout
    assert "理由或说明" in history and "变更" in history and "事由" not in history
    assert all(word in history for word in ["新建", "交办", "签收", "撤回申请", "催办"])


@pytest.mark.parametrize("ruled, word", [("--upheld", "  成立：另行审计"), ("--overruled", "  不成立：另行审计")])
def test_a_task_shows_how_a_dissent_was_ruled(people, draft, ruled, word):
    for login in ["finance-handler01", "finance-head01"]:
        people.log_in(login)
    active(people, draft, "--plan-year", plan_year(people))
    people.cli("task", "ack", draft, login="finance-handler01")
    people.cli("task", "submit-leg", draft, login="finance-handler01")
    people.cli("task", "close", draft, "--text", "已印发", login="transport-handler01")
    people.cli("task", "dissent", draft, "--opinion", "缺少决算", login="finance-head01")
    people.cli("task", "rule", draft, "--unit", "市财政局", ruled, "--reason", "另行审计", login="supervisor01")
    assert word in people.cli("task", "show", draft, "--lang", "zh", login="supervisor01").stdout
    if ruled == "--overruled":  # it is still known when the task is worked on again
        people.cli("task", "approve", draft, login="transport-head01")
        people.cli("task", "return", draft, "--reason", "样张不全", login="verifier01")
        assert word in people.cli("task", "show", draft, "--lang", "zh", login="supervisor01").stdout


def test_why_speaks_one_language_and_names_the_units(people, draft):
    active(people, draft, "--plan-year", plan_year(people))
    zh = people.cli("task", "why", draft, "--lang", "zh", login="supervisor01").stdout
    en = people.cli("task", "why", draft, "--lang", "en", login="supervisor01").stdout
    assert "核验人" in zh and "verifier" not in zh and "verifier" in en and "核验人" not in en
    assert "催办须指明单位（unit_id，命令行用 --unit）：市交通运输局" in zh and "无此单位" not in zh
    lead = people.cli("task", "why", draft, "--lang", "zh", login="transport-head01").stdout
    assert lead.count("牵头单位不提交分工、不会签") == 2
    refused = people.cli("task", "submit", draft, "--lang", "en", login="auditor01", code=5).stderr
    assert "can be solved by: drafter\n" in refused


# ---- a lost answer

def test_same_request_id_is_one_effect(people, draft):
    key = people.json("task", "create", "--no", "9.2", "--text", "先行一项", login="drafter01")["task_id"]
    people.cli("task", "set", draft, "--result", "指南一册并附样张", login="drafter01")
    version = version_of(people, draft)
    own = key[:-1] + ("0" if key[-1] != "0" else "1")
    first = people.json("task", "submit", draft, "--request-id", own, "--version", version, login="drafter01")
    again = people.json("task", "submit", draft, "--request-id", own, "--version", version, login="drafter01")
    assert first == again
    assert moves(people, draft).count("SUBMIT") == 1


def test_repeat_after_a_silent_gateway(people, draft):
    """The command runs out of time while the gateway stands still; nobody knows whether it arrived."""
    people.cli("task", "set", draft, "--result", "指南一册并附样张", login="drafter01")
    version = version_of(people, draft)
    command = ["task", "submit", draft, "--version", version]
    gateway = people.pid("gateway")
    os.kill(gateway, signal.SIGSTOP)
    try:
        run = people.cli(*command, "--timeout", "5", login="drafter01", code=124)
        assert "ANSWER_LOST" in run.stderr
        assert len(pending(people)) == 1
    finally:
        os.kill(gateway, signal.SIGCONT)
    run = people.cli(*command, "--lang", "en", login="drafter01")
    assert "used again" in run.stderr
    assert moves(people, draft).count("SUBMIT") == 1
    assert pending(people) == []


def test_repeat_after_the_command_itself_was_killed(people, draft):
    people.cli("task", "set", draft, "--result", "指南一册并附样张", login="drafter01")
    version = version_of(people, draft)
    command = ["task", "submit", draft, "--version", str(version)]
    gateway = people.pid("gateway")
    os.kill(gateway, signal.SIGSTOP)
    try:
        run = subprocess.Popen([people.state / "bin/command", "--as", "drafter01", *command], env=people.environment)
        started = time.monotonic()
        while not pending(people):
            assert time.monotonic() - started < 60
            time.sleep(0.05)
        time.sleep(0.3)
        run.kill()
        run.wait()
    finally:
        os.kill(gateway, signal.SIGCONT)
    people.cli(*command, login="drafter01")
    assert moves(people, draft).count("SUBMIT") == 1
    assert pending(people) == []


def first_password(run):
    return run.stderr.rsplit(": ", 1)[1].strip() if "First password" in run.stderr else None


def test_a_first_password_is_shown_once_it_is_the_accounts(people):
    people.log_in("operator01")
    add = ["user", "add", "fresh01", "--name", "新人", "--lang", "en"]
    assert first_password(people.cli(*add, login="drafter01", code=5)) is None
    gateway = people.pid("gateway")
    os.kill(gateway, signal.SIGSTOP)
    try:
        run = people.cli(*add, "--timeout", "2", login="operator01", code=124)
        assert first_password(run) is None and len(pending(people)) == 1
    finally:
        os.kill(gateway, signal.SIGCONT)
    run = people.cli(*add, login="operator01")
    assert "used again" in run.stderr and pending(people) == []
    assert first_password(people.cli(*add, login="operator01", code=8)) is None
    kept = people.home / ".local/state/bihuan/first-password"
    assert list(kept.iterdir()) == []
    assert "POST_NOT_HELD" in people.cli("login", "fresh01", "--password-file", "-", stdin=first_password(run) + "\n", code=None).stderr


@pytest.mark.parametrize("program", ["gateway", "task", "postgres"])
def test_command_outlives_a_crash(people, draft, program):
    """A crash in the middle is waited for under the same id."""
    for i in range(3):
        command = subprocess.Popen(
            [people.state / "bin/command", "--as", "drafter01", "task", "set", draft, "--result", f"第{i}稿"],
            env=people.environment, stdout=subprocess.DEVNULL)
        time.sleep(0.05 * i)
        people.kill(program)
        assert command.wait(timeout=60) == 0
    people.wait_healthy()
    assert pending(people) == []


# ---- evidence

def test_evidence_comes_back_byte_for_byte(people, tmp_path):
    path = tmp_path / "总结 报告.pdf"
    path.write_bytes(os.urandom(300_000))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    stored = people.json("evidence", "add", path, login="transport-handler01")
    assert stored["digest"] == digest and stored["size"] == "300000"
    people.cli("evidence", "get", digest, "--save", tmp_path / "back", login="transport-handler01")
    assert (tmp_path / "back").read_bytes() == path.read_bytes()
    people.cli("evidence", "get", "0" * 64, "--save", tmp_path / "none", login="transport-handler01", code=3)
    assert "IS_FOLDER" in people.cli("evidence", "add", tmp_path, login="transport-handler01", code=6).stderr


def test_a_year_without_a_calendar_is_said(people):
    task = people.json("task", "create", "--text", "远期事项", "--deadline", "2040-01-02", login="drafter01")["task_id"]
    shown = people.cli("task", "show", task, "--lang", "zh", login="drafter01").stdout
    assert "日历未公布，暂按周末计算" in shown
    rows = list(csv.DictReader(io.StringIO(people.cli("task", "list", "-o", "csv", "--lang", "en", login="drafter01").stdout)))
    assert {row["no calendar"] for row in rows if row["text"] == "远期事项"} == {"yes"}
    told = people.cli("task", "set", task, "--deadline", "2040-01-03", "--lang", "zh", login="drafter01").stderr
    assert "2040-01-03" in told and "日历未公布，暂按周末计算" in told


# ---- import

def sample(people, path, number):
    """The sample plan as a document of its own: another number."""
    path.write_text((people.state / "sample-plan.txt").read_text().replace("〕1号", f"〕{number}号"))
    return path


def corrected(path, was, now):
    text = path.read_text()
    assert was in text
    path.write_text(text.replace(was, now))
    return path


def test_unknown_names_stop_an_import_until_mapped(people, tmp_path):
    path = sample(people, tmp_path / "plan.txt", 11)
    corrected(corrected(path, "市民政局", "市民政与慈善局"), "领导乙", "领导丙")
    before = len(tasks(people))
    run = people.cli("import", path, "--yes", login="drafter01", code=6)
    assert "市民政与慈善局" in run.stderr and "领导丙" in run.stderr
    assert len(tasks(people)) == before
    for option, wrong in [("--unit", "市民政慈善局=市民政局"), ("--leader", "领导丁=leader02")]:
        told = people.cli("import", path, "--yes", option, wrong, "--lang", "zh", login="drafter01", code=2).stderr
        assert f"文中没有“{wrong.split('=')[0]}”" in told and "NAME_NOT_PRINTED" in told
        assert "--unit '市民政与慈善局=…'" in told and "--leader '领导丙=…'" in told
    assert "OPTION_BAD" in people.cli("import", path, "--yes", "--unit", "市民政局", login="drafter01", code=2).stderr
    mapped = ["--unit", "市民政与慈善局=市民政局", "--leader", "领导丙=leader02"]
    made = people.json("import", path, "--yes", *mapped, login="drafter01")
    assert made["task_count"] == 11
    assert len(tasks(people)) == before + 11
    again = people.json("import", path, "--yes", *mapped, login="drafter01")
    assert again == made
    assert len(tasks(people)) == before + 11
    # the directory has learnt it: another document with that spelling needs no option, and says nothing else by it
    other = corrected(sample(people, tmp_path / "other.txt", 17), "市民政局", "市民政与慈善局")
    run = people.cli("import", other, "--unit", "市民政与慈善局=市财政局", "--yes", login="drafter01", code=None)
    assert run.returncode and "NAME_MAPPED" in run.stderr
    run = people.cli("unit", "unalias", "市民政局", "市民政与慈善局", login="drafter01")
    run = people.cli("import", other, "--yes", login="drafter01", code=6)
    assert "NAMES_UNKNOWN" in run.stderr
    run = people.cli("unit", "unalias", "市民政局", "市民政与慈善局", login="drafter01", code=None)
    assert run.returncode and "ALIAS_UNKNOWN" in run.stderr


def test_the_next_step_names_no_year_that_is_over(people, tmp_path):
    item = ("领导甲副市长", "建成车站。", "市民政局")
    for year, proposed in [(2024, {today().year, today().year + 1}), (2041, {2041})]:
        path = plan(tmp_path / f"{year}.txt", item, title=f"关于印发{year}年车站任务分解的通知")
        run = people.cli("import", path, "--yes", login="drafter01")
        arguments = next(line for line in run.stderr.splitlines() if "task set" in line).split()
        assert int(arguments[arguments.index("--plan-year") + 1]) in proposed
        import_id = arguments[arguments.index("--import") + 1]
        people.cli("task", "set", "--import", import_id, "--all", "--plan-year", str(max(proposed)), "--default-result", "报告", login="drafter01")
        people.cli("task", "submit", "--import", import_id, "--all", login="drafter01")


def test_an_import_that_is_not_confirmed_leaves_no_alias(people, tmp_path):
    path = corrected(sample(people, tmp_path / "plan.txt", 18), "市民政局", "市民政管理局")
    mapped = ["--unit", "市民政管理局=市民政局"]
    shown, status = at_a_terminal(people, b"n\n", "import", path, *mapped, "--as", "drafter01", "--lang", "zh")
    assert status == 2 and "名录将记住：“市民政管理局”即“市民政局”" in shown
    people.cli("import", path, *mapped, login="drafter01", code=2)
    assert "市民政管理局" not in people.cli("unit", "list", login="drafter01").stdout
    assert at_a_terminal(people, b"y\n", "import", path, *mapped, "--as", "drafter01")[1] == 0
    assert "市民政管理局" in people.cli("unit", "list", login="drafter01").stdout


def test_a_refused_import_leaves_nothing_behind(people, tmp_path):
    path = corrected(sample(people, tmp_path / "plan.txt", 31), "市民政局", "市民政服务局")
    run = people.cli("import", path, "--yes", "--unit", "市民政服务局=市领导", login="drafter01", code=6)
    assert "LEADERSHIP_NAMED" in run.stderr
    assert "市民政服务局" not in people.cli("unit", "list", login="drafter01").stdout
    made = people.json("import", path, "--yes", "--unit", "市民政服务局=市民政局", login="drafter01")
    assert made["task_count"] == 11


def test_import_asks_first(people, tmp_path):
    path = sample(people, tmp_path / "plan.txt", 12)
    run = people.cli("import", path, login="drafter01", code=2)
    assert "NOT_CONFIRMED" in run.stderr
    before = len(tasks(people))
    assert at_a_terminal(people, b"n\n", "import", path, "--as", "drafter01")[1] == 2
    assert len(tasks(people)) == before
    shown, status = at_a_terminal(people, "否\n".encode(), "import", path, "--as", "drafter01", "--lang", "zh")
    assert status == 2 and "[是/否]" in shown
    assert len(tasks(people)) == before
    assert at_a_terminal(people, b"y\n", "import", path, "--as", "drafter01")[1] == 0
    assert len(tasks(people)) == before + 11
    shown, status = at_a_terminal(people, "是\n".encode(), "import", path, "--as", "drafter01", "--lang", "zh")
    assert status == 0 and "以前已经导入" in shown


def plan(path, *items, title="关于印发2025年重点工作责任分解的通知"):
    """A breakdown: for each item leader, words and lead."""
    numerals = "一二三四五六七八九"
    path.write_text(title + "\n" + "".join(
        f"{numerals[i]}、{leader}牵头负责的工作\n1. {words}\n责任单位：{lead}\n" for i, (leader, words, lead) in enumerate(items)))
    return path


def test_import_joins_the_same_work_of_two_leaders_and_says_so(people, tmp_path):
    words = "推进全市农村公路养护管理体制改革。"
    path = plan(tmp_path / "plan.txt", ("领导甲副市长", words, "市民政局"), ("领导乙副市长", words, "市民政局"),
                ("领导乙副市长", words, "市教育局"), title="关于印发2025年农村公路工作任务分解的通知")
    run = people.cli("import", path, "--yes", "-o", "json", "--lang", "zh", login="drafter01")
    made = json.loads(run.stdout)
    assert (made["item_count"], made["joined_count"], made["task_count"]) == (3, 1, 2)
    assert "1.1（第 3–4 行）与 2.1（第 6–7 行）为同一工作，合并为一项" in run.stderr
    joined, = tasks(people, "--import", made["import_id"], "--no", "2.1")
    shown = people.cli("task", "show", joined["task_id"], "--lang", "zh", login="drafter01").stdout
    assert "出处  1.1（第 3–4 行）  2.1（第 6–7 行）" in shown


def test_import_tells_of_a_year_without_a_calendar(people, tmp_path):
    path = plan(tmp_path / "plan.txt", ("领导甲副市长", "2040年12月底前建成车站。", "市民政局"))
    told = at_a_terminal(people, b"n\n", "import", path, "--as", "drafter01", "--lang", "zh")[0]
    assert "1 项的期限所在年份日历未公布，暂按周末计算" in told


def test_a_corrected_document_is_imported_once_more_on_demand_only(people, tmp_path):
    path = sample(people, tmp_path / "plan.txt", 15)
    first = people.json("import", path, "--yes", login="drafter01")["import_id"]
    same = people.cli("import", path, "--yes", "--lang", "zh", login="drafter01")
    assert f"第 1 次，导入 {first}" in same.stderr and "草稿未交办 11 项，已交办 0 项" in same.stderr
    assert "同一份文件再次导入不会增加任何内容" in same.stderr
    before = len(tasks(people))
    corrected(path, "6 条以上", "7 条以上")
    run = people.cli("import", path, "--yes", "--lang", "zh", login="drafter01", code=None)
    assert run.returncode and "IMPORT_KNOWN" in run.stderr and f"由 drafter01 导入过这份文件（第 1 次，导入 {first}）" in run.stderr
    run = people.cli("import", path, "--yes", "--again", login="drafter01", code=None)
    assert run.returncode and "IMPORT_OPEN" in run.stderr and first in run.stderr
    assert len(tasks(people)) == before
    chosen = ["--import", first, "--all"]
    people.cli("task", "submit", *chosen, "--lang", "zh", login="drafter01", code=None)
    assert len(people.json("apply", "termination", *chosen, "--reason", "整份更正", login="drafter01")["tasks"]) == 11
    ended = people.json("application", "decide", *chosen, "--granted", "--reason", "同意", login="supervisor01")["tasks"]
    assert [task["state"] for task in ended] == ["TASK_STATE_TERMINATED"] * 11
    again = people.json("import", path, "--yes", "--again", login="drafter01")
    assert again["import_id"] != first and again["task_count"] == 11
    assert len(tasks(people)) == before + 11
    assert people.json("import", path, "--yes", login="drafter01") == again
    assert len(tasks(people)) == before + 11
    known = people.cli("import", path, "--yes", "--lang", "zh", login="drafter01").stderr
    assert "本次没有增加：草稿未交办 11 项，已交办 0 项，已终止 0 项" in known and "下一步" in known
    corrected(path, "7 条以上", "6 条以上")
    known = people.cli("import", path, "--yes", "--lang", "zh", login="drafter01").stderr
    assert "已终止 11 项" in known and "--again" in known and "下一步" not in known


def test_what_was_issued_of_a_document_is_told_and_left(people, tmp_path):
    path = plan(tmp_path / "plan.txt", ("领导甲副市长", "2027年底前建成车站。", "市民政局"), title="关于印发2027年车站建设任务分解的通知")
    first = people.json("import", path, "--yes", login="drafter01")["import_id"]
    chosen = ["--import", first, "--all"]
    people.cli("task", "set", *chosen, "--deadline", "2027-12-30", "--result", "竣工验收报告", login="drafter01")
    people.cli("task", "submit", *chosen, login="drafter01")
    issued, = people.json("task", "issue", *chosen, login="supervisor01")["tasks"]
    corrected(path, "车站。", "两座车站。")
    run = people.cli("import", path, "--yes", "--again", "--lang", "zh", login="drafter01")
    assert "草稿未交办 0 项，已交办 1 项" in run.stderr and "已交办的 1 项不受影响" in run.stderr
    assert people.json("task", "show", issued["task_id"], login="drafter01")["task"]["version"] == issued["version"]


def test_import_refuses_a_file_without_items(people, tmp_path):
    path = tmp_path / "plan.txt"
    path.write_text("")
    assert "IMPORT_EMPTY" in people.cli("import", path, "--yes", login="drafter01", code=6).stderr


def test_import_names_the_line_that_is_beyond_the_limits(people, tmp_path):
    path = plan(tmp_path / "plan.txt", ("领导甲副市长", "做好工作" * 700 + "。", "市民政局"))
    run = people.cli("import", path, "--yes", "--lang", "zh", login="drafter01", code=6)
    assert "IMPORT_BEYOND" in run.stderr and "第 3 行 1.1" in run.stderr


def test_refusal_of_one_does_not_stop_the_others(people, tmp_path):
    path = sample(people, tmp_path / "plan.txt", 13)
    chosen = ["--import", people.json("import", path, "--yes", login="drafter01")["import_id"], "--all"]
    old = people.cli("task", "set", *chosen, "--plan-year", "2024", "--lang", "zh", login="drafter01")
    assert "期限早于今天" in old.stderr and "期限已过" in old.stdout
    early = people.cli("task", "submit", *chosen, "-o", "json", login="drafter01", code=6)
    assert "DEADLINE_OVER" in early.stderr
    people.cli("task", "set", *chosen, "--deadline", f"{plan_year(people)}-12-30", login="drafter01")
    run = people.cli("task", "submit", *chosen, "-o", "json", login="drafter01", code=6)
    assert "NO_RESULT" in run.stderr and "2.3 " in run.stderr
    submitted = [task["task_id"] for answer in (early, run) for task in json.loads(answer.stdout)["tasks"]]
    assert len(submitted) == len(set(submitted)) == 10


def test_whole_import_is_set_submitted_and_issued(people, tmp_path):
    path = sample(people, tmp_path / "plan.txt", 14)
    made = people.json("import", path, "--yes", login="drafter01")
    chosen = ["--import", made["import_id"], "--all"]
    people.cli("task", "set", *chosen, "--plan-year", plan_year(people), "--default-result", "书面总结并附佐证材料", login="drafter01")
    again = people.cli("task", "set", *chosen, "--plan-year", plan_year(people), "--lang", "zh", login="drafter01")
    assert f"{made['task_count']} 项已有期限，未改动" in again.stderr and "成果" not in again.stderr
    again = people.cli("task", "set", *chosen, "--default-result", "另一成果", "--lang", "zh", login="drafter01")
    assert f"{made['task_count']} 项已有成果要求，未改动" in again.stderr and "期限" not in again.stderr
    assert len(people.json("task", "submit", *chosen, login="drafter01")["tasks"]) == made["task_count"]
    issued = people.json("task", "issue", *chosen, login="supervisor01")["tasks"]
    assert {task["state"] for task in issued} == {"TASK_STATE_ISSUED"}
    assert people.json("task", "issue", *chosen, login="supervisor01")["tasks"] == []


MANY = {
    "submit": ["task", "submit"],
    "issue": ["task", "issue"],
    "set": ["task", "set", "--result", "报告"],
    "apply": ["apply", "termination", "--reason", "重拟"],
    "decide": ["application", "decide", "--granted", "--reason", "同意"],
}


@pytest.mark.parametrize("command", MANY)
def test_many_of_an_unknown_import_are_not_found(people, command):
    unknown = "11111111-1111-4111-8111-111111111111"
    run = people.cli(*MANY[command], "--import", unknown, "--all", "--lang", "zh", login="drafter01", code=3)
    assert f"找不到 导入 {unknown} 的任务" in run.stderr and run.stdout == "" and "完成 0 项" not in run.stderr


def test_an_import_with_nothing_left_to_do_says_so(people, tmp_path):
    path = plan(tmp_path / "plan.txt", ("领导甲副市长", "建成码头。", "市民政局"), title="关于印发2025年码头任务分解的通知")
    import_id = people.json("import", path, "--yes", login="drafter01")["import_id"]
    chosen = ["--import", import_id, "--all", "--lang", "zh"]
    run = people.cli("task", "issue", *chosen, login="supervisor01")
    assert run.stdout == "" and run.stderr == f"导入 {import_id} 没有处于“待审定”状态的任务，无需办理\n"
    people.cli("apply", "termination", *chosen, "--reason", "重拟", login="drafter01")
    people.cli("application", "decide", *chosen, "--granted", "--reason", "同意", login="supervisor01")
    run = people.cli("task", "set", *chosen, "--result", "报告", login="drafter01")
    assert run.stdout == "" and run.stderr == f"导入 {import_id} 没有处于“草拟”状态的任务，无需办理\n"
    assert people.json("task", "set", *chosen, "--result", "报告", login="drafter01") == {"outcomes": []}

"""bihuan todo: what waits for each post, gathered from the services that know it, what is due first on top."""
import csv
import datetime
import io
import time


def waiting(bihuan, login, task):
    return [(todo["kind"].removeprefix("TODO_KIND_"), todo["moves"], todo["missing"])
            for todo in bihuan.json("todo", login=login)["todos"] if todo["task"]["task_id"] == task]


def wait_for_the_report(bihuan, task):
    """Progress opens the month as soon as it has heard of the task."""
    deadline = time.monotonic() + 60
    while ("REPORT", [], []) not in waiting(bihuan, "transport-handler01", task):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def activate(bihuan, task, node):
    year = (bihuan.state / "sample-plan.txt").read_text().split("〔")[1][:4]
    bihuan.cli("task", "set", task, "--result", "指南一册并附样张", "--plan-year", year, "--node", node, login="drafter01")
    assert waiting(bihuan, "drafter01", task) == [("MOVE", ["SUBMIT"], [])]
    bihuan.cli("task", "submit", task, login="drafter01")
    assert waiting(bihuan, "supervisor01", task) == [("MOVE", ["ISSUE"], [])]
    bihuan.cli("task", "issue", task, login="supervisor01")
    assert waiting(bihuan, "transport-handler01", task) == [("MOVE", ["ACKNOWLEDGE"], [])]
    bihuan.cli("task", "ack", task, login="transport-handler01")


def test_each_post_has_what_waits_for_it(bihuan):
    for login in ["drafter01", "supervisor01", "transport-handler01", "transport-head01"]:
        bihuan.log_in(login)
    task = bihuan.json("task", "create", "--no", "9.3", "--text", "编印办事指南", "--lead-unit", "市交通运输局",
                       "--leader", "leader01", login="drafter01")["task_id"]
    assert waiting(bihuan, "drafter01", task) == [("DRAFT", [], ["NO_DEADLINE", "NO_RESULT", "CLAUSE_OPEN"])]
    assert "尚未设定完成期限" in bihuan.cli("todo", "--lang", "zh", login="drafter01").stdout
    activate(bihuan, task, f"{datetime.date.today() + datetime.timedelta(days=3)}=初稿")
    wait_for_the_report(bihuan, task)
    assert sorted(waiting(bihuan, "transport-handler01", task)) == [
        ("MILESTONE", ["REPORT_MILESTONE"], []), ("MOVE", ["REQUEST_CLOSURE"], []), ("REPORT", [], [])]

    month = datetime.date.today().strftime("%Y-%m")
    bihuan.cli("report", "submit", task, "--period", month, "--text", "已编写一半", login="transport-handler01")
    assert waiting(bihuan, "transport-head01", task) == [("REPORT_REVIEW", [], [])]
    bihuan.cli("report", "sendback", f"{task}@{month}", "--reason", "缺样张", login="transport-head01")

    rows = bihuan.json("todo", login="transport-handler01")["todos"]
    mine = {todo["kind"].removeprefix("TODO_KIND_"): todo for todo in rows if todo["task"]["task_id"] == task}
    assert mine["REPORT_RETURNED"]["message_zh"] == f"{month}：缺样张"
    assert mine["MILESTONE"]["message_zh"] == "初稿"
    assert (mine["MOVE"]["task"]["lead_unit_name"], mine["MOVE"]["task"]["clock_holder"]) == ("市交通运输局", "unit")
    days = [todo["due"] or "9" for todo in rows]
    assert days == sorted(days)

    run = bihuan.cli("todo", "--limit", "1", "-o", "csv", "--lang", "en", login="transport-handler01")
    assert len(list(csv.reader(io.StringIO(run.stdout)))) == 2 and "--limit" in run.stderr

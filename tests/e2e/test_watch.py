"""bihuan watch: what changes, live, for those who may see it; over restarts nothing is lost and nothing comes twice."""
import csv
import json
import subprocess
import threading

import pytest


@pytest.fixture(scope="module")
def city(bihuan):
    for login in ("auditor01", "drafter01", "transport-handler01"):
        bihuan.log_in(login)
    return bihuan


class Watch:
    """A running command; its lines as they come."""

    def __init__(self, city, login, *arguments):
        command = [city.state / "bin/command", "watch", "--as", login, *map(str, arguments)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=city.environment)
        self.timer = threading.Timer(120, self.process.kill)
        self.timer.start()

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def end(self):
        """communicate() would lose the lines that came together with the last one read."""
        with self.process:
            out, err = self.process.stdout.read(), self.process.stderr.read()
        self.timer.cancel()
        return self.process.returncode, out.splitlines(), err


def log_size(city):
    """With all that is committed in it."""
    city.wait_logged()
    return int(city.sql("select size from audit.tree")[0])


def create(city):
    return city.json("task", "create", "--text", "随时可见的变动", login="drafter01")["task_id"]


def test_a_change_shows_as_it_happens_and_to_nobody_else(city):
    size = log_size(city)
    office = Watch(city, "drafter01", "--first", size, "--limit", 2)
    unit = Watch(city, "transport-handler01", "--first", size, "--limit", 1, "-o", "json")
    first = create(city)
    line = office.line()
    assert line.startswith(f"序号 {size}  ") and f"  任务 {first[:8]} 随时可见的变动  第 1 版  新建  " in line, line
    second = create(city)
    code, lines, _ = office.end()
    assert code == 0 and f"任务 {second[:8]} " in lines[0]
    unit.process.terminate()
    assert unit.end()[1] == []


def test_it_goes_on_after_restarts(city):
    first = log_size(city)
    wanted = 8
    watch = Watch(city, "auditor01", "--first", first, "--limit", wanted, "-o", "json")
    seen = []
    for program in ("audit", "gateway", "audit", "gateway"):
        for _ in range(2):
            create(city)
        seen.append(json.loads(watch.line()))
        city.kill(program)
    city.wait_healthy()
    code, lines, err = watch.end()
    seen += map(json.loads, lines)
    assert code == 0, err
    assert [int(change["entry_index"]) for change in seen] == list(range(first, first + wanted))
    stored = city.sql(f"select object_type || ' ' || object_id || ' ' || version from audit.entry where idx >= {first} order by idx limit {wanted}")
    assert [f"{c['object_type']} {c['object_id']} {c['version']}" for c in seen] == stored
    assert all(int(change["time_ms"]) and change["action"] == "CREATE" and change["user_id"] and change["unit_id"] for change in seen)
    assert err.index("连接中断") < err.index("连接已恢复")


def test_csv_and_what_cannot_be(city):
    code, lines, _ = Watch(city, "auditor01", "--first", 0, "--limit", 120, "-o", "csv").end()
    rows = list(csv.DictReader(lines))
    assert code == 0 and [row["序号"] for row in rows] == [str(n) for n in range(120)] and all(row["动作"] and row["时间"] for row in rows)
    task = next(row for row in rows if row["编号"] == "1.1")
    assert task["对象"].startswith("task/") and task["任务"] and task["人员"] and task["单位"]
    code, lines, err = Watch(city, "auditor01", "--first", 2**63 - 2).end()
    assert (code, lines) == (6, []) and f"--first {log_size(city)}" in err and "恢复过备份" in err

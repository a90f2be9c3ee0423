"""Events through a whole installation: a task that becomes active opens the month; an approved figure reaches its target."""
import time
import uuid

import pytest
from installation import plan_year, today

PEOPLE = ("drafter01", "supervisor01", "transport-handler01", "transport-head01")


@pytest.fixture(scope="module")
def city(bihuan):
    for login in PEOPLE:
        bihuan.log_in(login)
    return bihuan


def eventually(installation, statement, wanted, seconds=60):
    deadline = time.monotonic() + seconds
    while (rows := installation.sql(statement)) != wanted:
        assert time.monotonic() < deadline, f"{statement}: {rows}\n{installation.trouble()}"
        time.sleep(0.1)


def issue(city, task):
    """A draft of the sample plan becomes a task that waits for its lead."""
    city.cli("task", "set", task, "--plan-year", plan_year(city), "--result", "总结及佐证", login="drafter01")
    city.cli("task", "submit", task, login="drafter01")
    city.cli("task", "issue", task, login="supervisor01")


def test_a_month_opens_and_a_figure_arrives(city):
    task, target = city.sql(
        """select t.task_id || ' ' || g.target_id from task.task t join target.target g using (site_id, task_id)
             join directory.unit u on u.site_id = t.site_id and u.unit_id = t.lead_unit
            where u.name = '市交通运输局' and t.state = 1 order by t.position limit 1""")[0].split()
    issue(city, task)
    city.cli("task", "ack", task, login="transport-handler01")
    month = f"{today():%Y-%m}"
    eventually(city, f"select to_char(period, 'YYYY-MM') || ' ' || version from progress.sheet where task_id = '{task}'",
               [f"{month} 0"])
    # Whoever is to receive an event may be away when it happens.
    city.cli("report", "submit", task, "--period", month, "--text", "开工", "--value", f"里程,2.50,公里,监理月报,{target}",
             login="transport-handler01")
    report = city.sql(f"select report_id from progress.sheet where task_id = '{task}'")[0]
    city.kill("target")
    city.cli("report", "approve", report, login="transport-head01")
    city.kill("progress")
    observation = f"select number, report_version from target.observation where target_id = '{target}'"
    eventually(city, observation, ["2.50|2"])
    eventually(city, "select count(*) from progress.outbox", ["0"])
    assert city.sql(observation) == ["2.50|2"]
    assert city.sql("select count(*) from progress.outbox_dead") == ["0"]
    city.wait_healthy()


def test_an_event_that_comes_again_changes_nothing(city):
    """A row delivered but not deleted, as after a crash between the two, is delivered once more."""
    before = city.sql("select target_id, period, number, report_version from target.observation order by 1")
    event = uuid.uuid4()
    city.sql(f"""insert into task.outbox (site_id, object_id, event_id, method, payload)
                 select site_id, task_id, '{event}', '/bihuan.v1.ProgressService/ApplyTaskChange', '' from task.task
                  where state = 4""")
    eventually(city, "select count(*) from task.outbox", ["0"])
    assert city.sql("select target_id, period, number, report_version from target.observation order by 1") == before
    assert city.sql("select count(*) from task.outbox_dead") == ["0"]

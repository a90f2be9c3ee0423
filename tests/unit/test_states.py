"""The life of a task has one source, lib/domain/*.def; its other copies must say the same."""
import importlib.util
import pathlib
import re
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("states2md", TOP / "tools" / "states2md.py")
states2md = importlib.util.module_from_spec(spec)
spec.loader.exec_module(states2md)


def numbered(name, macro):
    return {r[0]: int(r[1]) for r in states2md.rows(name, macro)}


def proto_enum(file, enum):
    text = (TOP / "proto" / "bihuan" / "v1" / file).read_text(encoding="utf8")
    body = re.search(rf"enum {enum} {{(.*?)}}", text, flags=re.S)[1]
    prefix = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", enum).upper() + "_"
    values = {n.removeprefix(prefix): int(v) for n, v in re.findall(r"(\w+) = (\d+);", body)}
    assert values.pop("UNSPECIFIED") == 0
    return values


def c_enum(name, prefix):
    """Counted members of an enum of task.h, without the first (nothing)."""
    text = (TOP / "lib" / "domain" / "task.h").read_text(encoding="utf8")
    body = re.sub(r"/\*.*?\*/", "", re.search(rf"typedef enum {name} {{(.*?)}}", text, flags=re.S)[1], flags=re.S)
    members = [m.strip().removeprefix(prefix) for m in body.split(",") if m.strip()]
    return {m: i for i, m in enumerate(members) if i}


def test_the_page_is_what_the_tables_say():
    made = subprocess.run(["/usr/bin/python3", TOP / "tools" / "states2md.py"], capture_output=True, text=True, check=True)
    page = (TOP / "docs" / "STATES.md").read_text(encoding="utf8")
    assert page == made.stdout, "run tools/states2md.py > docs/STATES.md"


def test_the_contract_has_the_same_numbers():
    assert proto_enum("task.proto", "TaskState") == numbered("task_states.def", "TASK_STATE")
    assert proto_enum("task.proto", "LegState") == numbered("leg_states.def", "LEG_STATE")
    assert proto_enum("progress.proto", "ReportState") == numbered("report_states.def", "REPORT_STATE")
    assert proto_enum("directory.proto", "Post") == numbered("posts.def", "POST")
    assert proto_enum("task.proto", "ApplicationState") == c_enum("application_state", "APPLICATION_")
    kinds = proto_enum("task.proto", "ApplicationKind")
    abouts = c_enum("move_about", "ABOUT_")
    assert kinds == {k: v for k, v in abouts.items() if k in kinds}


def test_the_database_allows_the_same_numbers():
    sql = (TOP / "migrations" / "deploy" / "task.sql").read_text(encoding="utf8")
    for table, name, macro in (("task", "task_states.def", "TASK_STATE"), ("leg", "leg_states.def", "LEG_STATE")):
        body = re.search(rf"create table task.{table} \((.*?)\n\);", sql, flags=re.S)[1]
        low, high = re.search(r"state int2 not null check \(state between (\d+) and (\d+)\)", body).groups()
        assert sorted(numbered(name, macro).values()) == list(range(int(low), int(high) + 1))


def test_the_database_allows_the_same_states_of_a_report():
    sql = (TOP / "migrations" / "deploy" / "progress.sql").read_text(encoding="utf8")
    low, high = re.search(r"constraint sheet_state check \(state between (\d+) and (\d+) ", sql).groups()
    assert sorted(numbered("report_states.def", "REPORT_STATE").values()) == list(range(int(low), int(high) + 1))


def test_the_facts_have_the_same_bits_in_sql():
    sql = (TOP / "migrations" / "deploy" / "task.sql").read_text(encoding="utf8")
    body = sql[sql.index("create function task.facts"):sql.index("l.own_leg, l.other_leg\n")]
    computed = sorted(int(b) for b in re.findall(r"then 1::int8 << (\d+) else 0 end", body))
    assert computed == sorted(int(r[0]) for r in states2md.rows("facts.def", "FACT"))


def test_every_fact_is_asked_by_a_guard_or_a_next_state():
    asked = {r[1] for r in states2md.rows("guards.def", "GUARD")}
    asked |= {f for m in states2md.moves() for f in states2md.bits(m["next_if"])}
    assert {r[1] for r in states2md.rows("facts.def", "FACT")} == asked


def test_every_guard_is_used_by_a_move():
    used = {g for m in states2md.moves() for g in states2md.bits(m["guards"])}
    assert {r[0] for r in states2md.rows("guards.def", "GUARD")} == used

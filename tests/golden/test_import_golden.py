"""The importer against hand-checked records of a real breakdown, when they are at hand, and of invented ones, always."""
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("BIHUAN_SHARED", ROOT.parent / "shared"))
BUILD = Path(os.environ.get("BIHUAN_BUILD", ROOT / "build" / "dev"))
HERE = Path(__file__).resolve().parent
REAL = SHARED / "documents" / "jiaxing-2025-breakdown.txt"


def dump(path):
    done = subprocess.run([BUILD / "tests" / "import_dump", path], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def norm(text):
    text = re.sub(r"\s", "", text)
    return text.translate(str.maketrans("(),:;", "（），：；"))


def beside(path):
    """The document and the records checked by hand may each be missing."""
    if not path.exists():
        pytest.skip(f"{path} is not there; set BIHUAN_SHARED")
    return path


def golden(name):
    return json.loads(beside(SHARED / "golden" / name).read_text(encoding="utf8"))


@pytest.fixture(scope="module")
def real():
    return dump(beside(REAL))


def decimal_text(number):
    return None if number is None else str(number)


def targets_of(record):
    return [(q["comparator"], decimal_text(q["number"]), q["unit"]) for q in record["quantified"] if q["role"] == "target"]


def compare_items(found, expected):
    assert [item["no"] for item in found] == [record["key"] for record in expected]
    for item, record in zip(found, expected):
        key = record["key"]
        assert norm(item["text"]) == record["text_norm"], key
        assert (item["leader"], item["leader_title"]) == (record["leader_name"], record.get("leader_title", item["leader_title"])), key
        assert item["lead"] == record["lead_unit"], key
        assert item["lead_basis"] == "first_listed", key
        assert item["co"] == record["co_units"], key
        assert item["counties"] == record["county_units"], key
        assert item["lines"] == record["source"]["lines"], key
        assert [(t["comparator"], t["number"], t["unit"]) for t in item["targets"]] == targets_of(record), key
        for target in item["targets"]:
            assert target["phrase"] in record["text_norm"], key


def test_real_tasks(real):
    compare_items(real["tasks"], golden("002_tasks.json"))
    assert len(real["tasks"]) == 133


def test_real_tasks_are_clean(real):
    assert [item["no"] for item in real["tasks"] if item["warnings"]] == []
    assert real["warnings"] == []


def test_real_livelihood(real):
    expected = golden("002_livelihood_items.json")
    compare_items(real["livelihood"], expected)
    groups = {}
    for record in expected:
        groups.setdefault(record["duplicate_group"], []).append(record["key"])
    for item, record in zip(real["livelihood"], expected):
        same = [key for key in groups[record["duplicate_group"]] if key != record["key"]] if record["duplicate_group"] else []
        assert item["same_as"] == same, record["key"]
        assert item["warnings"] == [], record["key"]


def test_real_head(real):
    head = real["document"]
    assert head["number"] == "嘉政办发〔2025〕3号"
    assert head["title"].startswith("嘉兴市人民政府办公室关于印发") and head["title"].endswith("责任分解的通知")
    assert head["date"] == "2025-02-14"
    assert head["co_all"] == []


def cell(value):
    return value if value is None or isinstance(value, str) else f"{value:g}" if value != int(value) else str(int(value))


LOST_CELL = 719
WARNED = {LOST_CELL: "row_sum", 689: "cell_missing", 690: "cell_shifted", 691: "cell_shifted",
          695: "category_late", 699: "category_late", 703: "category_late", 707: "category_late"}


def test_real_matrix(real):
    expected = golden("002_matrix.json")
    assert len(real["matrix"]) == len(expected) == 44
    for row, record in zip(real["matrix"], expected):
        where = record["line"]
        assert row["lines"] == [where, where]
        assert row["no"] == str(record["seq"]), where
        assert row["category"] == record["category"], where
        assert norm(row["item"]) == norm(record["item_text"]), where
        assert row["sub_item"] == record["sub_item"], where
        assert row["unit"] == record["unit"], where
        assert row["total"] == cell(record["total"]), where
        regions = record["by_region"]
        if where == LOST_CELL:  # reported, not repaired
            regions = {k: None if v in ("/", "") else v for k, v in record["by_region_as_extracted"].items()}
        assert row["regions"] == {k: cell(v) for k, v in regions.items()}, where


def test_real_matrix_warnings(real):
    codes = {row["lines"][0]: [w["code"] for w in row["warnings"]] for row in real["matrix"] if row["warnings"]}
    assert set(codes) == set(WARNED)
    for line, code in WARNED.items():
        assert code in codes[line]
    messages = {row["lines"][0]: " ".join(w["message"] for w in row["warnings"]) for row in real["matrix"]}
    assert "1 + 1 + 1 + 1 + 1 + 1 = 6" in messages[LOST_CELL] and "7" in messages[LOST_CELL]
    assert "= 123600" in messages[689]
    assert "= 2650" in messages[690] and "= 1504" in messages[691]


@pytest.mark.parametrize("name", sorted(p.stem for p in HERE.glob("*.txt")))
def test_invented(name):
    found = dump(HERE / f"{name}.txt")
    expected = json.loads((HERE / f"{name}.json").read_text(encoding="utf8"))
    compare_partly(found, expected, name)


def compare_partly(found, expected, where):
    """Everything the hand-written expectation names must be there; warnings are compared by code."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            got = found[key]
            if key == "warnings":
                assert [w["code"] for w in got] == value, f"{where}.{key}: {got}"
            else:
                compare_partly(got, value, f"{where}.{key}")
    elif isinstance(expected, list):
        assert isinstance(found, list) and len(found) == len(expected), f"{where}: {found}"
        for i, value in enumerate(expected):
            compare_partly(found[i], value, f"{where}[{i}]")
    else:
        assert found == expected, where

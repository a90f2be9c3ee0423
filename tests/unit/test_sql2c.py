"""tools/sql2c.py: what it embeds, and what it refuses before the compiler or the server sees it."""
import pathlib
import subprocess

import pytest

TOOL = pathlib.Path(__file__).parents[2] / "tools" / "sql2c.py"


def embed(folder, **files):
    for stem, text in files.items():
        (folder / f"{stem}.sql").write_text(text, encoding="utf-8")
    paths = sorted(str(folder / f"{stem}.sql") for stem in files)
    return subprocess.run(["/usr/bin/python3", str(TOOL), "demo", str(folder / "out"), *paths], capture_output=True, text=True)


def test_a_statement_becomes_a_row(tmp_path):
    run = embed(tmp_path, move="-- Moves it.\n-- $1 id uuid[] the object\n-- $2 note text[]\n-- combine: $1\n"
                               "select \"a\\b\", $1, $2 -- why\n\n-- a comment of its own\n from t\n",
                get="-- Reads.\n-- read\nselect 1\n", take="-- Takes.\n-- replan\nselect 1\n")
    assert run.returncode == 0, run.stderr
    header = (tmp_path / "out" / "demo_sql.h").read_text()
    source = (tmp_path / "out" / "demo_sql.c").read_text()
    assert "DEMO_SQL_GET,\n    DEMO_SQL_MOVE,\n    DEMO_SQL_TAKE,\n    DEMO_SQL_COUNT" in header
    assert '{ { "id", "uuid[]" }, { "note", "text[]" } }' in source
    assert r'"select \"a\\b\", $1, $2 -- why\n"' in source
    assert "a comment of its own" not in source
    assert '{ "demo/get.sql",\n        "select 1\\n",\n      NULL, 0, 0, true, false }' in source
    assert "move_params, 2, 1, false, false }" in source
    assert "NULL, 0, 0, false, true }" in source


def test_no_statements_make_an_empty_table(tmp_path):
    assert embed(tmp_path).returncode == 0
    assert "DEMO_SQL_COUNT" in (tmp_path / "out" / "demo_sql.h").read_text()


@pytest.mark.parametrize("text, complaint", [
    ("-- X.\n-- $2 id uuid\nselect $2\n", "out of order"),
    ("-- X.\n-- $1 id\nselect $1\n", "not a declaration"),
    ("-- X.\nselect $1\n", "declared parameters [], used [1]"),
    ("-- X.\n-- $1 id uuid\nselect 1\n", "declared parameters [1], used []"),
    ("-- X.\n-- $1 id uuid[]\n-- combine: $2\nselect $1\n", "combine names $2"),
    ("-- X.\n-- read\n-- $1 id uuid[]\n-- combine: $1\nselect $1\n", "cannot be a read"),
    ("-- X.\n-- replan\n-- $1 id uuid[]\n-- combine: $1\nselect $1\n", "keeps its plan"),
])
def test_a_wrong_head_is_refused_with_the_file(tmp_path, text, complaint):
    run = embed(tmp_path, wrong=text)
    assert run.returncode != 0
    assert "wrong.sql" in run.stderr and complaint in run.stderr

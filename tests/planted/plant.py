"""Makes a copy of the project in which every mistake of mistakes.toml is present and can be switched on at run time.

    /usr/bin/python3 tests/planted/plant.py build/planted

Which one is on, C and scripts ask the variable BIHUAN_MISTAKE of the environment, SQL the setting bihuan.mistake of the
database. The sources themselves know nothing of it."""
import pathlib
import subprocess
import sys
import tomllib

TOP = pathlib.Path(__file__).resolve().parents[2]
TABLE = pathlib.Path(__file__).with_name("mistakes.toml")

IN_SQL = "(coalesce(current_setting('bihuan.mistake', true), '') = '%s')"
SWITCHES = {".c": 'mistake_is_on("%s")', ".sql": IN_SQL, ".in": IN_SQL, "": '[ "${BIHUAN_MISTAKE:-}" = %s ]'}
C_HEAD = """#include <stdlib.h>
#include <string.h>
static inline int mistake_is_on(const char *name) {
    const char *on = getenv("BIHUAN_MISTAKE");
    return on && strcmp(on, name) == 0;
}
#line 1
"""
# A row of the table of moves is wrong before main runs.
RULES = "lib/domain/task.c"
WRITABLE = (RULES, "static const move_row moves[MOVE_COUNT] = {", "static move_row moves[MOVE_COUNT] = {")
IN_A_ROW = """__attribute__((constructor)) static void NAME(void) {
    if (MISTAKE)
        %s;
}

FOUND"""


class Misplaced(Exception):
    """A place of the table is not, or not only once, in the sources."""


def mistakes():
    """The table, by name."""
    return tomllib.loads(TABLE.read_text())["mistake"]


def places(row):
    """(file, find, put) of a mistake."""
    if "row" in row:
        return [(RULES, "const move_row *move_of(task_move move) {", IN_A_ROW % row["row"])]
    return [(p["file"], p["find"], p["put"]) for p in row.get("place", [row])]


def put(text, name, file, find, new):
    if text.count(find) != 1:
        raise Misplaced(f"{name}: {file} holds {text.count(find)} times: {find!r}")
    switch = SWITCHES[pathlib.Path(file).suffix] % name
    return text.replace(find, new.replace("NAME", name).replace("MISTAKE", switch).replace("FOUND", find))


def planted():
    """{file: its text with all mistakes in it}; several mistakes at one place are laid around each other."""
    texts = {}
    all_places = [("writable", *WRITABLE)]
    all_places += [(name, *place) for name, row in mistakes().items() for place in places(row)]
    for name, file, find, new in all_places:
        texts[file] = put(texts.get(file) or (TOP / file).read_text(), name, file, find, new)
    return {file: C_HEAD + text if file.endswith(".c") else text for file, text in texts.items()}


def write_if_changed(path, content):
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def make_copy(folder):
    """Files that did not change keep their time, so that only the rest is compiled again."""
    texts = planted()
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=TOP, check=True,
                            capture_output=True, text=True).stdout
    files = [f for f in listed.split("\0") if f and (TOP / f).is_file()]
    for file in files:
        target = folder / file
        write_if_changed(target, texts[file].encode() if file in texts else (TOP / file).read_bytes())
        target.chmod((TOP / file).stat().st_mode)
    for old in set(folder.rglob("*")) - {folder / f for f in files}:
        if old.is_file() and "build" not in old.relative_to(folder).parts[:1]:
            old.unlink()


if __name__ == "__main__":
    make_copy(pathlib.Path(sys.argv[1]).resolve())

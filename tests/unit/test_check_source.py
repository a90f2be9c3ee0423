"""Each rule of tools/check-source fires on a planted sample and leaves a clean tree alone."""
import pathlib
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tools"))

from source_check import c_rules, layers, text_rules  # noqa: E402

HEADER = "/* A thing for the test. */\n#pragma once\n"
BODY = "".join(f"    use({n});\n" for n in range(70))

# (rule, path, text, line of the finding)
PLANTED = [
    ("trailing-space", "docs/a.md", "one \n", 1),
    ("tab", "docs/a.md", "one\n\ttwo\n", 2),
    ("last-newline", "docs/a.md", "one", 1),
    ("todo", "lib/base/a.c", "/* TO" + "DO: later. */\n", 1),
    ("machine-path", "docs/a.md", "see /wo" + "rk/main\n", 1),
    ("registry-host", "docs/a.md", "registry.npm" + "js.org\n", 1),
    ("vague-name", "lib/base/utils.c", "int a;\n", 1),
    ("vague-name", "lib/common/a.c", "int a;\n", 1),
    ("sql-header", "services/task/sql/a.sql", "select 1;\n", 1),
    ("sql-length", "services/task/sql/a.sql", "-- Much too long.\n" + "select 1;\n" * 300, 301),
    ("proto-shape", "proto/a.proto", "message A {\n  optional int32 b = 1;\n}\n", 2),
    ("proto-shape", "proto/a.proto", "message A {\n  map<string, string> b = 1;\n}\n", 2),
    ("python-length", "tools/a.py", "a = 1\n" * 201, 201),
    ("shell-strict", "deploy/a", "#!/bin/bash\necho a\n", 1),
    ("shell-function-length", "deploy/a", "#!/bin/bash\nset -euo pipefail\na() {\n" + "    echo\n" * 41 + "}\n", 3),
    ("function-length", "lib/base/a.c", "int f(int a) {\n" + BODY + "}\n", 1),
    ("file-length", "lib/base/a.c", "int a;\n" * 501, 501),
    ("pragma-once", "lib/base/a.h", "/* A thing. */\n", 1),
    ("header-purpose", "lib/base/a.h", "#pragma once\n", 1),
    ("banned-function", "lib/base/a.c", "void f(void) {\n    system(a);\n}\n", 2),
    ("goto", "lib/pg/a.c", "void f(void) {\n    goto out;\n}\n", 2),
    ("environment", "lib/rpc/a.c", "char *a(void) {\n    return getenv(b);\n}\n", 2),
    ("threads", "services/task/store.c", "void f(void) {\n    pthread_create(a);\n}\n", 2),
    ("one-language", "services/task/handlers.c", "    return bh_fail(c, BAD_FIELD, a, \"missing\");\n", 1),
    ("comment-style", "lib/base/a.c", "int a; // one\n", 1),
    ("dead-code", "lib/base/a.c", "/* f(1); */\n", 1),
    ("purity", "lib/domain/a.c", "void f(void) {\n    fopen(a);\n}\n", 2),
    ("purity", "lib/import/a.c", "void f(void) {\n    time(a);\n}\n", 2),
    ("purity", "lib/domain/a.c", "void f(Bh__Task *a);\n", 1),
    ("purity", "lib/domain/a.c", "void f(void) {\n    getrandom(a);\n}\n", 2),
    ("layer", "lib/domain/a.c", '#include "pg/pg.h"\n', 1),
    ("layer", "lib/base/a.c", '#include "rpc/handler.h"\n', 1),
    ("layer", "lib/rpc/a.c", '#include "bihuan/v1/task.pb-c.h"\n', 1),
    ("layer", "services/task/store.c", '#include "../target/store.h"\n', 1),
    ("layer", "services/task/store.c", '#include "target/store.h"\n', 1),
    ("layer", "services/task/handlers.c", '#include "pg/pg.h"\n', 1),
    ("layer", "gateway/a.c", '#include "pg/pg.h"\n', 1),
    ("third-party", "services/task/store.c", "#include <libpq-fe.h>\n", 1),
    ("third-party", "cli/a.c", "#include <zmq.h>\n", 1),
]

CLEAN = {
    "lib/base/a.h": HEADER + "int f(void);\n",
    "lib/base/a.c": '#include "base/a.h"\n\n/* Why it is so; and not else. */\nint f(void) {\n    return 0;\n}\n',
    "lib/rpc/a.c": '#include <zmq.h>\n\n#include "base/a.h"\n#include "bihuan/rpc/v1/envelope.pb-c.h"\n',
    "services/task/store.c": '#include "store.h"\n\n#include "pg/pg.h"\n',
    "services/task/sql/a.sql": "-- What it does, in a line.\nselect 1;\n",
    "deploy/a": "#!/usr/bin/env bash\nset -euo pipefail\nstart() {\n    echo a\n}\nstart\n",
}


def check(root, files):
    (root / ".clang-format").write_text((TOP / ".clang-format").read_text())
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return subprocess.run([TOP / "tools/check-source", root], capture_output=True, text=True)


@pytest.mark.parametrize("rule,path,text,line", PLANTED, ids=[f"{row[0]}-{n}" for n, row in enumerate(PLANTED)])
def test_planted_fault_is_found(tmp_path, rule, path, text, line):
    run = check(tmp_path, {path: text})
    assert run.returncode == 1
    assert f"{path}:{line}: {rule}: " in run.stdout


def test_every_rule_has_a_planted_fault():
    assert {rule.name for rule in text_rules.RULES + c_rules.RULES + layers.RULES} == {row[0] for row in PLANTED}


def test_clean_tree_passes(tmp_path):
    run = check(tmp_path, CLEAN)
    assert (run.returncode, run.stdout.splitlines()[-1]) == (0, f"check-source: {len(CLEAN) + 1} files, 0 findings")


@pytest.mark.parametrize("path,text,finding", [
    ("lib/base/a.c", "int   f(void);\n", "lib/base/a.c:1:4: error"),
    ("deploy/a", "#!/bin/bash\nset -euo pipefail\ncd $1\n", "deploy/a:3:4: "),
], ids=["clang-format", "shellcheck"])
def test_formatter_and_shellcheck_are_heard(tmp_path, path, text, finding):
    run = check(tmp_path, {path: text})
    assert run.returncode == 1
    assert finding in run.stdout

#!/usr/bin/python3
"""Embeds the .sql files of one service: sql2c.py NAME OUTDIR FILES... writes NAME_sql.h and NAME_sql.c.

The head of a file is comment lines. `-- $1 site int4[]` declares a parameter (all of them, in order),
`-- combine: $N` a combining statement and its object parameter, `-- read` a statement that changes nothing, `-- replan`
one whose plan is not kept.
"""

import pathlib
import re
import sys

PARAM = re.compile(r"-- \$(\d+) (\w+) ([\w.]+(?:\[\])?)(?:\s.*)?$")
COMBINE = re.compile(r"-- combine: \$(\d+)$")


class Statement:
    def __init__(self, service, path):
        self.path = path
        self.stem = path.stem.replace("-", "_")
        self.name = f"{service}/{path.name}"
        self.params, self.combine, self.read, self.replan = [], 0, False, False
        lines = path.read_text(encoding="utf-8").splitlines()
        head = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
        for line in lines[:head]:
            self.head_line(line)
        self.body = [line.rstrip() for line in lines[head:] if line.strip() and not line.strip().startswith("--")]
        self.check()

    def head_line(self, line):
        if match := PARAM.match(line):
            if int(match[1]) != len(self.params) + 1:
                self.fail(f"parameter ${match[1]} is declared out of order")
            self.params.append((match[2], match[3]))
        elif line.startswith("-- $"):
            self.fail(f"not a declaration like '-- $1 site int4': {line}")
        elif match := COMBINE.match(line):
            self.combine = int(match[1])
        elif line == "-- read":
            self.read = True
        elif line == "-- replan":
            self.replan = True

    def check(self):
        used = {int(n) for n in re.findall(r"\$(\d+)", "\n".join(self.body))}
        declared = set(range(1, len(self.params) + 1))
        if used != declared:
            self.fail(f"declared parameters {sorted(declared)}, used {sorted(used)}")
        if self.combine and self.combine not in declared:
            self.fail(f"combine names ${self.combine}, which is not declared")
        if self.combine and self.read:
            self.fail("a combining statement cannot be a read")
        if self.combine and self.replan:
            self.fail("a combining statement keeps its plan")

    def fail(self, message):
        sys.exit(f"{self.path}: {message}")

    def params_c(self):
        rows = ", ".join(f"{{ {quote(name)}, {quote(type_)} }}" for name, type_ in self.params)
        return f"static const pg_param {self.stem}_params[] = {{ {rows} }};\n" if self.params else ""

    def row_c(self):
        text = "\n".join("        " + quote(line + "\n") for line in self.body)
        params = f"{self.stem}_params" if self.params else "NULL"
        return (f"    {{ {quote(self.name)},\n{text},\n"
                f"      {params}, {len(self.params)}, {self.combine}, {str(self.read).lower()}, "
                f"{str(self.replan).lower()} }},\n")


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def main():
    service, out, paths = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
    statements = [Statement(service, pathlib.Path(path)) for path in sorted(paths)]
    prefix = f"{service.upper()}_SQL"
    ids = "".join(f"    {prefix}_{s.stem.upper()},\n" for s in statements)
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{service}_sql.h").write_text(
        f"/* The statements of {service}. Made by tools/sql2c.py. */\n#pragma once\n\n#include \"pg/pg.h\"\n\n"
        f"enum {service}_sql_id {{\n{ids}    {prefix}_COUNT\n}};\n\nextern const pg_stmt {service}_sql[{prefix}_COUNT];\n",
        encoding="utf-8")
    (out / f"{service}_sql.c").write_text(
        f"#include \"{service}_sql.h\"\n\n" + "".join(s.params_c() for s in statements)
        + f"\nconst pg_stmt {service}_sql[{prefix}_COUNT] = {{\n" + "".join(s.row_c() for s in statements) + "};\n",
        encoding="utf-8")


main()

"""Rules for every text file, and for SQL, proto, Python and shell."""
import re

from source_check.rule import Rule, at_most, each_line, first_line

GENERATED = r"(?!.*package-lock\.json$|LICENSE$|tests/golden/|tests/fuzz/corpus/|deploy/sample/plan)"
OWN_TEXT = "^" + GENERATED


def is_shell(text):
    return re.match(r"#!.*\b(bash|sh)\n", text) is not None


def ends_with_newline(_path, text):
    if text and not text.endswith("\n"):
        yield text.count("\n") + 1, "no newline at the end"


def shell_function_length(_path, text, limit=40):
    start = None
    for number, line in enumerate(text.split("\n") if is_shell(text) else [], 1):
        if re.match(r"\w+\(\) *[({]$", line):
            start = number
        elif line in ("}", ")") and start:
            if number - start > limit:
                yield start, f"function of {number - start} lines; at most {limit}"
            start = None


RULES = [
    Rule("trailing-space", OWN_TEXT, each_line(r"[ \t\r]+$", "trailing white space")),
    Rule("tab", OWN_TEXT, each_line(r"\t", "a tab; use spaces")),
    Rule("last-newline", OWN_TEXT, ends_with_newline),
    Rule("todo", OWN_TEXT, each_line(r"\b(TO[D]O|FIX[M]E|X[X]X)\b(?!\(#\d+\))", "unfinished work without an issue: (#N)")),
    Rule("machine-path", ".", each_line(r"/([w]ork|[f]arm)/[a-z.]|/tmp/[w]t/|/tmp/bash_[j]|/home/[a-z]",
                                        "a path of one machine")),
    Rule("registry-host", ".", each_line(r"[n]pmjs[.]|[d]eb[.]debian|snapshot[.][d]ebian|[p]ypi[.]org",
                                         "the host of a package registry")),
    Rule("vague-name", r"(^|/)(utils?|common|helpers?|misc|managers?)([._/][^/]*)?$", lambda _path, _text: [(1, "name the thing")]),
    Rule("sql-header", r"\.sql$", first_line(r"^-- .{8}", "the first line says in a comment what the statement does")),
    Rule("sql-length", r"services/.*\.sql$", at_most(300)),
    Rule("proto-shape", r"\.proto$", each_line(r"^\s*optional |\bmap<", "protobuf-c has no optional and no checked maps")),
    Rule("python-length", r"^tools/.*(\.py|/[\w-]+)$", at_most(200)),
    Rule("shell-strict", r"^(deploy|tests|tools|bench|\.ci)/[\w/-]+$", lambda _path, text: (
        [(1, "no set -euo pipefail")] if is_shell(text) and not re.search(r"^set -[eu]+o pipefail", text, re.M) else [])),
    Rule("shell-function-length", ".", shell_function_length),
]

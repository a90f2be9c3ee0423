"""Rules for C: sizes, headers, banned functions, comments."""
import re

from source_check.rule import Rule, at_most, each_line, first_line

C_FILE, HEADER = r"\.[ch]$", r"\.h$"
FUNCTION_LIMIT = 70
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def without_comments_and_literals(text):
    return TOKEN.sub(lambda found: re.sub(r"[^\n]", " ", found.group(0)), text)


def function_length(_path, text):
    """Counts the lines of every top-level braced body that follows a parameter list."""
    depth, start, before = 0, 0, ""
    for number, line in enumerate(without_comments_and_literals(text).split("\n"), 1):
        if line.startswith("#"):
            continue
        if depth == 0 and "{" in line:
            start, before = number, before + line[:line.index("{")]
        depth = max(0, depth + line.count("{") - line.count("}"))
        if depth:
            continue
        if start and number - start >= FUNCTION_LIMIT and before.rstrip().endswith(")"):
            yield start, f"function of {number - start + 1} lines; at most {FUNCTION_LIMIT}"
        before = "" if start or line.rstrip().endswith(";") else before + line
        start = 0


def in_code(pattern, message):
    """each_line, blind to comments and literals."""
    check = each_line(pattern, message)
    return lambda path, text: check(path, without_comments_and_literals(text))


def outside(*folders):
    return r"^(?!" + "|".join(folders) + r").*\.[ch]$"


def pure(what, words):
    return Rule("purity", r"^lib/(domain|import)/.*\.[ch]$", in_code(rf"\b({words})", f"lib/domain and lib/import have no {what}"))


RULES = [
    Rule("function-length", C_FILE, function_length),
    Rule("file-length", C_FILE, at_most(500)),
    Rule("pragma-once", HEADER, lambda _path, text: [] if "#pragma once" in text else [(1, "no #pragma once")]),
    Rule("header-purpose", HEADER, first_line(r"^/\* \w", "the first line says what the header is for")),
    Rule("banned-function", C_FILE, in_code(
        r"\b(strcpy|strcat|strncpy|strncat|v?sprintf|gets|strtok|atoi|atol|atof|alloca|system|popen|tmpnam|mktemp"
        r"|asctime|ctime|localtime|gmtime|rand|srand|setjmp|longjmp)\s*\(", "a banned function (lib/base/banned.h)")),
    Rule("goto", outside("lib/base/"), in_code(r"\bgoto\b", "goto; use the arena or CLEANUP")),
    Rule("environment", outside("lib/base/", "tests/", "bench/", "cli/"), in_code(r"\bgetenv\s*\(", "settings come from lib/base/conf.h")),
    Rule("threads", outside("lib/(rpc|service|pg|base)/", "tests/", "bench/", "gateway/"),
         in_code(r"\bpthread_(create|mutex_lock)\s*\(", "only lib/rpc, lib/service, lib/pg and the gateway have threads")),
    Rule("one-language", outside("tests/"), each_line(r"bh_fail\(\S+ BAD_(FIELD|MESSAGE)", "bh_fail_why says it in both languages")),
    Rule("comment-style", C_FILE, lambda _path, text: (
        (text.count("\n", 0, found.start()) + 1, "// comment; use /* */") for found in TOKEN.finditer(text)
        if found.group(0).startswith("//"))),
    Rule("dead-code", r"\.c$", each_line(r"^\s*/\*.*[;{}]\s*\*/\s*$|^\s*#\s*if\s+0\b", "code in a comment; git remembers it")),
    pure("clock", r"(time|clock_gettime|gettimeofday|clock_now_ms|clock_mono_ms)\s*\("),
    pure("input or output", r"(fopen|open|read|write|printf|fprintf|puts|getenv|socket|PQ\w+|zmq_\w+)\s*\("),
    pure("chance", r"(random|getrandom|random_bytes|trace_id_new|token_new|uuid_v7)\s*\("),
    pure("wire types", r"Bh__\w+|bh__\w+|protobuf_c_\w+"),
]

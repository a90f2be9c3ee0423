#!/usr/bin/python3
"""What protobuf-c's descriptors do not tell of methods, as C: methods2c.py NAME OUTDIR IMPORT-DIR PROTOS... writes NAME_methods.h and .c.

Those that may be sent twice (with an idempotency_level in proto), and those that answer with a stream. protoc reads the files.
"""

import pathlib
import re
import subprocess
import sys

DECODE = ["protoc", "--decode=google.protobuf.FileDescriptorSet", "-I", "/usr/include", "google/protobuf/descriptor.proto"]
LINE = re.compile(r'( *)(package|name|idempotency_level|server_streaming): "?([\w.]+)"?$')
# How deep these names stand in the text of a FileDescriptorSet.
FILE, SERVICE, METHOD = 2, 4, 6
MARKS = {
    ("idempotency_level", "NO_SIDE_EFFECTS"): "repeatable",
    ("idempotency_level", "IDEMPOTENT"): "repeatable",
    ("server_streaming", "true"): "streams",
}

C = """/* Made by tools/methods2c.py from proto. */
#include "{name}_methods.h"

#include <stddef.h>

const char *const {name}_repeatable[] = {{
{repeatable}    NULL,
}};

const char *const {name}_streams[] = {{
{streams}    NULL,
}};
"""

H = """/* Made by tools/methods2c.py from proto. Paths of methods, sorted; NULL ends each list. */
#pragma once

/* That may be sent twice. */
extern const char *const {name}_repeatable[];
/* That answer with a stream. */
extern const char *const {name}_streams[];
"""


def marked(text):
    package = service = method = ""
    for line in text.splitlines():
        if not (match := LINE.match(line)):
            continue
        depth, key, value = len(match[1]), match[2], match[3]
        if (depth, key) == (FILE, "package"):
            package = value
        elif (depth, key) == (SERVICE, "name"):
            service = value
        elif (depth, key) == (METHOD, "name"):
            method = value
        elif (key, value) in MARKS:
            yield MARKS[key, value], f"/{package}.{service}/{method}"


def main(name, outdir, root, *protos):
    command = ["protoc", "--descriptor_set_out=/dev/stdout", "-I", root, "-I", "/usr/include", *protos]
    binary = subprocess.run(command, check=True, capture_output=True).stdout
    text = subprocess.run(DECODE, check=True, capture_output=True, input=binary).stdout.decode()
    found = sorted(marked(text))
    lists = {mark: "".join(f'    "{path}",\n' for at, path in found if at == mark) for mark in MARKS.values()}
    stem = pathlib.Path(outdir) / f"{name}_methods"
    stem.with_suffix(".h").write_text(H.format(name=name), encoding="utf-8")
    stem.with_suffix(".c").write_text(C.format(name=name, **lists), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

#!/usr/bin/python3
"""The methods that may be sent twice, as C: repeatable2c.py NAME OUTDIR IMPORT-DIR PROTOS... writes NAME_repeatable.h and .c.

They are those with an idempotency_level in proto; protobuf-c does not carry options. protoc reads the files.
"""

import pathlib
import re
import subprocess
import sys

DECODE = ["protoc", "--decode=google.protobuf.FileDescriptorSet", "-I", "/usr/include", "google/protobuf/descriptor.proto"]
LINE = re.compile(r'( *)(package|name|idempotency_level): "?([\w.]+)"?$')
# How deep these names stand in the text of a FileDescriptorSet.
FILE, SERVICE, METHOD = 2, 4, 6

C = """/* Made by tools/repeatable2c.py from idempotency_level in proto. */
#include "{name}_repeatable.h"

#include <stddef.h>

const char *const {name}_repeatable[] = {{
{paths}    NULL,
}};
"""

H = """/* Made by tools/repeatable2c.py from idempotency_level in proto. */
#pragma once

/* Paths of the methods that may be sent twice, sorted; NULL ends them. */
extern const char *const {name}_repeatable[];
"""


def paths(text):
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
        elif key == "idempotency_level" and value in ("NO_SIDE_EFFECTS", "IDEMPOTENT"):
            yield f"/{package}.{service}/{method}"


def main(name, outdir, root, *protos):
    command = ["protoc", "--descriptor_set_out=/dev/stdout", "-I", root, "-I", "/usr/include", *protos]
    binary = subprocess.run(command, check=True, capture_output=True).stdout
    text = subprocess.run(DECODE, check=True, capture_output=True, input=binary).stdout.decode()
    found = "".join(f'    "{path}",\n' for path in sorted(paths(text)))
    stem = pathlib.Path(outdir) / f"{name}_repeatable"
    stem.with_suffix(".h").write_text(H.format(name=name), encoding="utf-8")
    stem.with_suffix(".c").write_text(C.format(name=name, paths=found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

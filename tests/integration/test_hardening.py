"""What the compiler and the linker were told stands in each program that is installed (cmake/BihuanFlags.cmake)."""
import re
import subprocess

import pytest
from behind_gateway import BUILD

PROGRAMS = sorted(p for folder in ("services", "gateway", "cli", "tools") for p in (BUILD / folder).glob("bihuan*"))


def readelf(option, program):
    return subprocess.run(["readelf", "-W", option, program], check=True, capture_output=True, text=True).stdout


def test_all_programs_are_here():
    assert len(PROGRAMS) == 8


@pytest.mark.parametrize("program", PROGRAMS, ids=[p.name for p in PROGRAMS])
def test_program(program):
    assert "Position-Independent Executable" in readelf("-h", program)
    segments = readelf("-l", program)
    assert re.search(r"GNU_STACK .* RW ", segments) and "GNU_RELRO" in segments
    assert "BIND_NOW" in readelf("-d", program)
    symbols = readelf("--dyn-syms", program)
    assert "__stack_chk_fail" in symbols, "no stack protector"
    assert re.search(r"__\w+_chk@", symbols.replace("__stack_chk_fail", "")), "not fortified"

"""The table of limits in docs/RUNBOOK.md against the sources, and the limits of one layer against those of the next."""
import pathlib
import re

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
SIZES = {"KiB": 1 << 10, "MiB": 1 << 20}


def in_source(path, name):
    """An enum constant, also as a product or in terms of another of the project, or the default of a setting."""
    text = (TOP / path).read_text()
    setting = re.search(rf'\{{ "{name}", CONF_INT, SETTING\([\w.]+\), "(\d+)"', text)
    if setting:
        return int(setting[1])
    formula = re.search(rf"\b{name} = ([^,}}]+)", text)[1].replace("RPC_SIZE_MAX", "(4 << 20)")
    assert re.fullmatch(r"[\d\s<*()]+", formula), (path, name, formula)
    return eval(formula)


def in_words(text):
    """'4 MiB' or '500 bytes' -> bytes; '1000' -> 1000."""
    number, _, unit = text.strip().partition(" ")
    return int(number) * SIZES.get(unit, 1)


def rows():
    section = (TOP / "docs/RUNBOOK.md").read_text().split("## Limits\n")[1].split("\n## ")[0]
    table = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")][1:]
    return [(what, limits.split(", "), re.findall(r"`(\S+)` ([A-Z_]+)", places), beyond) for what, limits, places, beyond in table]


@pytest.mark.parametrize("what, limits, places, beyond", rows(), ids=[row[0] for row in rows()])
def test_table(what, limits, places, beyond):
    stated = [in_words(limit) for limit in limits]
    assert [in_source(*place) for place in places] == (stated if len(stated) > 1 else stated * len(places))
    reasons = (TOP / "lib/base/reasons.def").read_text()
    assert all(f"REASON({reason}," in reasons for reason in re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", beyond))


def test_layers_fit():
    """Each layer's limits in terms of the layer that hands on to it."""
    body = in_source("lib/rpc/guard.h", "RPC_SIZE_MAX")
    call = in_source("lib/rpc/serve.c", "CALL_MEMORY_MAX")
    assert in_source("lib/rpc/frame.h", "FRAME_SIZE_MAX") == body >= in_source("lib/json/json.h", "JSON_SIZE_MAX")
    # A growing buffer may hold its old and new room at once; a text of the longest size still fits.
    assert in_source("gateway/unary.c", "BODY_MEMORY_MAX") >= 4 * body
    # In the gateway: the message read from JSON and what it is packed into.
    assert in_source("lib/base/call.c", "CALL_MEMORY_MAX") >= in_source("lib/json/json.h", "JSON_MEMORY_MAX") + 4 * body
    # In a service: the largest message unpacked, with room for its answer.
    unpacked = in_source("lib/rpc/guard.h", "RPC_MEMORY_BASE") + in_source("lib/rpc/guard.h", "RPC_MEMORY_FACTOR") * body
    assert call >= unpacked + 4 * body
    assert in_source("services/directory/settings.c", "LOGIN_WAITING") + in_source("services/directory/settings.c", "LOGIN_HASHES") \
        < in_source("lib/service/service.c", "WORKERS")

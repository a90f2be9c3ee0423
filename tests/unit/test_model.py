"""lib/rpc/calls.pml: spin looks at every order of events, and finds each defect that the model can be given."""
import pathlib
import re
import subprocess

import pytest

MODEL = pathlib.Path(__file__).resolve().parents[2] / "lib/rpc/calls.pml"
NOT_DEFECTS = {"DEFECT", "CALLS", "ROOM"}
DEFECTS = [word for word in re.findall(r"^#define (\w+) \d", MODEL.read_text(), re.M) if word not in NOT_DEFECTS]


def look(folder, defect):
    """What the search says: violated assertions, and processes that wait for ever."""
    for command in (["spin", f"-DDEFECT={defect}", "-a", MODEL], ["cc", "-w", "-O1", "-DSAFETY", "-DCOLLAPSE", "-o", "pan", "pan.c"]):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    said = subprocess.run(["./pan", "-m10000"], cwd=folder, check=True, capture_output=True, text=True).stdout
    assert "max search depth too small" not in said and "out of memory" not in said, said
    return int(re.search(r"errors: (\d+)", said)[1]), int(re.search(r"(\d+) states, stored", said)[1])


def test_no_order_of_events_breaks_a_promise(tmp_path):
    errors, states = look(tmp_path, 0)
    assert errors == 0 and states > 1000


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_found(tmp_path, defect):
    assert look(tmp_path, defect)[0] > 0


def test_the_defects_are_known():
    assert len(DEFECTS) == 6

"""The models of lib/rpc: spin looks at every order of events, and finds each defect that a model can be given."""
import pathlib
import re
import subprocess

import pytest

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "lib/rpc"
MODELS = {"calls": 6, "streams": 8}  # and so many defects
SIZES = {"DEFECT", "CALLS", "ROOM", "STREAMS", "NEWS", "WINDOW"}


def defects(model):
    words = re.findall(r"^#define (\w+) \d", (FOLDER / f"{model}.pml").read_text(), re.M)
    return [word for word in words if word not in SIZES]


def look(folder, model, defect):
    """What the search says: violated assertions, and processes that wait for ever."""
    for command in (
        ["spin", f"-DDEFECT={defect}", "-a", FOLDER / f"{model}.pml"],
        ["cc", "-w", "-DSAFETY", "-DCOLLAPSE", "-o", "pan", "pan.c"],
    ):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    said = subprocess.run(["./pan", "-m10000"], cwd=folder, check=True, capture_output=True, text=True).stdout
    assert "max search depth too small" not in said and "out of memory" not in said, said
    return int(re.search(r"errors: (\d+)", said)[1]), int(re.search(r"(\d+) states, stored", said)[1])


@pytest.mark.parametrize("model", MODELS)
def test_no_order_of_events_breaks_a_promise(tmp_path, model):
    errors, states = look(tmp_path, model, 0)
    assert errors == 0 and states > 1000


@pytest.mark.parametrize("model, defect", [(model, defect) for model in MODELS for defect in defects(model)])
def test_a_defect_is_found(tmp_path, model, defect):
    assert look(tmp_path, model, defect)[0] > 0


@pytest.mark.parametrize("model", MODELS)
def test_the_defects_are_known(model):
    assert len(defects(model)) == MODELS[model]

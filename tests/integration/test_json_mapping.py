"""Our JSON mapping against @bufbuild/protobuf, both ways, with random messages of every type in the contract."""
import os
import pathlib
import subprocess

import pytest
from descriptors import write_descriptors

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BIHUAN_BUILD", TOP / "build" / "test"))
PEER = BUILD / "tests" / "json_peer"
COUNT = 3000


@pytest.fixture(scope="module")
def descriptors(tmp_path_factory):
    return write_descriptors(tmp_path_factory.mktemp("descriptors") / "all.desc")


@pytest.mark.parametrize("seed", range(3))
def test_both_ways(descriptors, seed):
    written = subprocess.run([PEER, "write", str(seed), str(COUNT)], capture_output=True, check=True).stdout
    foreign = subprocess.run(
        ["node", TOP / "tests" / "npm" / "json_oracle.mjs", descriptors], input=written, capture_output=True, check=False
    )
    assert foreign.returncode == 0, foreign.stderr.decode()[:2000]
    read = subprocess.run([PEER, "read"], input=foreign.stdout, capture_output=True, check=True).stdout
    wires = [line.split(b" ")[1] for line in written.splitlines()]
    assert len(wires) == COUNT
    assert read.splitlines() == wires

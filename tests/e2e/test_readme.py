"""The walk of the README, word for word, on the sample data."""
import re
import subprocess

import pytest
from installation import TOP, Installation


@pytest.fixture
def bihuan():
    """One of its own: the walk names tasks by the numbers of the sample plan, which other tests import again."""
    with Installation() as installation:
        yield installation


def test_the_readme_closes_a_task(bihuan, tmp_path):
    walk = re.search(r"```sh\n(.*?)```", (TOP / "README.md").read_text(encoding="utf8"), re.S)[1]
    walk = walk.replace("bin/bihuan ", f"{bihuan.state}/bin/command ").replace("tree-head.txt", f"{tmp_path}/tree-head.txt")
    run = subprocess.run(["bash", "-euo", "pipefail", "-c", walk], cwd=TOP, env=bihuan.environment, capture_output=True,
                         text=True, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr
    assert bihuan.json("task", "show", "1.1", login="auditor01")["task"]["state"] == "TASK_STATE_CLOSED"

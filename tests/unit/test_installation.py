"""An installation goes with whoever made it, also if that one is killed."""
import pathlib
import subprocess
import sys
import time

MAKER = """
import subprocess, time
from installation import Installation

class Supervisor(Installation):
    def up(self):
        for folder in ("sv", "run"):
            (self.state / folder).mkdir(parents=True)
        supervisor = subprocess.Popen(["runsvdir", "-P", self.state / "sv"], start_new_session=True, stdout=subprocess.DEVNULL)
        (self.state / "run/supervisor.pid").write_text(str(supervisor.pid))
        print(self.root, supervisor.pid, flush=True)
        time.sleep(600)

with Supervisor():
    pass
"""


def runs(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except FileNotFoundError:
        return False


def test_it_goes_with_its_maker():
    folder = pathlib.Path(__file__).parents[1]
    with subprocess.Popen([sys.executable, "-c", MAKER], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as maker:
        root, supervisor = maker.stdout.readline().split()
        assert runs(supervisor)
        maker.kill()
    while runs(supervisor) or pathlib.Path(root).exists():
        time.sleep(0.1)

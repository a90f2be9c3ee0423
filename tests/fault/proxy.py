"""The proxy of chaos.py, run and told what to do."""
import json
import pathlib
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent


class Chaos:
    """The proxy in a process of its own; its orders are methods: chaos.rule(link="pg", ...)."""

    def __init__(self, journal, seed):
        self.journal, self.lock = journal, threading.Lock()
        self.process = subprocess.Popen([sys.executable, HERE / "chaos.py", journal, str(seed)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)

    def __getattr__(self, name):
        def order(**fields):
            with self.lock:
                self.process.stdin.write(json.dumps({"do": name, **fields}) + "\n")
                return json.loads(self.process.stdout.readline())
        return order

    def acts(self):
        """What the journal holds."""
        return [json.loads(line) for line in self.journal.read_text(encoding="utf-8").splitlines()]

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()

"""What compare.py and bench/growth.py start and ask for times: the programs that worker.hpp describes."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class System:
    name: str
    command: list
    threads: int = 2
    settle: float = 0.05  # seconds until its idle threads stop spinning


class Worker:
    """A running process of a system on some .npy files: samples, centres and labels."""

    def __init__(self, system, files, components=0):
        self.system = system
        threads = str(system.threads)
        environment = dict(os.environ, OMP_NUM_THREADS=threads, OPENBLAS_NUM_THREADS=threads)
        self.process = subprocess.Popen(
            [*system.command, *map(str, files), str(components)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )
        self.flags = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.system.name} ended before its time, with exit status {self.process.wait()}")
        return " ".join(line.split())

    def run(self, task, seed=0, file="-"):
        """Seconds that a task took, and what it found in `file`."""
        self.process.stdin.write(f"{task} {seed} {file}\n")
        self.process.stdin.flush()
        seconds = float(self.answer())
        time.sleep(self.system.settle)
        return seconds

    def stop(self):
        self.process.communicate()

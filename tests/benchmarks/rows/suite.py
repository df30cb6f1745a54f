"""How long a developer waits for the tests."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from tests.benchmarks.figures import Figure, figure
from tests.benchmarks.workshop import ROOT, Workshop

_BOUND_S = 120.0


def measure(shop: Workshop) -> list[Figure]:
    """The quick run: without what starts, kills and fails whole programs. A run that fails has not met its time."""
    shop.tell("running the test suite")
    started = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-m", "not slow"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    took = time.monotonic() - started
    last = done.stdout.strip().splitlines()[-1].strip("= ") if done.stdout.strip() else "it said nothing"
    cores = len(os.sched_getaffinity(0))
    return [
        figure(
            f'the tests that are not slow (`pytest -m "not slow"`), {cores} cores',
            f"under {_BOUND_S:.0f} s",
            f"{took:.0f} s ({last})",
            took < _BOUND_S and done.returncode == 0,
        )
    ]

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
    """The quick run, as `pytest` without arguments does it."""
    shop.tell("running the test suite")
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "pytest"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    took = time.monotonic() - started
    last = done.stdout.strip().splitlines()[-1].strip("= ") if done.stdout.strip() else "it said nothing"
    cores = len(os.sched_getaffinity(0))
    return [
        figure(f"the test suite on {cores} cores", f"under {_BOUND_S:.0f} s", f"{took:.0f} s ({last})", took < _BOUND_S)
    ]

"""Pulling: events over HTTP, parsed, given their tenant, and durable in SQLite."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from tests.benchmarks.figures import Figure, figure, middle, missing, rate
from tests.benchmarks.workshop import ROOT, Workshop, rows_in

EVENTS = 200_000


def measure(shop: Workshop) -> list[Figure]:
    """Ours and the bare loop take turns on the same source."""
    count = min(EVENTS, shop.options.events)
    ours: list[float] = []
    bare: list[Mapping[str, float]] = []
    with shop.source(count) as settings:
        for _ in range(max(shop.options.rounds // 3, 1)):
            ours.append(_pull(shop, settings, count))
            told = _bare(settings)
            if told is not None:
                bare.append(told)
    what = f"ingest over HTTP, {count:,} events"
    if not bare:
        return [missing(what, "at least 0.35x a bare loop", f"{rate(middle(ours))}; msgspec is not here")]
    mine, loop = middle(ours), middle([each["rate"] for each in bare])
    memory = middle([each["memory"] for each in bare])
    goal = "at least 0.35x a bare loop over the same HTTP (stretch 0.5x)"
    return [
        figure(what, goal, f"{rate(mine)} to {rate(loop)}: {mine / loop:.2f}x", mine >= 0.35 * loop),
        figure(what, "at least 5,000/s", rate(mine), mine >= 5_000),
        figure("the bare loop without HTTP", "-", rate(memory), None),
    ]


def backfill(shop: Workshop) -> list[Figure]:
    """The whole history, from the newest event to the oldest, by the product's own ticks."""
    count = shop.options.events
    store, samples = _new(shop, "backfill"), [(0.0, 0)]
    with shop.source(count) as settings:
        process = _start(shop, settings, store)
        began = time.monotonic()
        while process.poll() is None:
            time.sleep(0.25)
            samples.append((time.monotonic() - began, rows_in(store)))
        process.wait()
    part = count // 10
    stored = rows_in(store)
    first = part / _when(samples, part)
    last = part / max(samples[-1][0] - _when(samples, stored - part), 1e-9)
    what, whole = f"backfill of {stored:,} events", stored / samples[-1][0]
    found = f"{rate(last)} to {rate(first)}: {last / first:.2f}x ({rate(whole)} over all)"
    return [figure(what, f"last {part:,} at least 0.5x the rate of the first", found, last >= 0.5 * first)]


def _pull(shop: Workshop, settings: Mapping[str, str], count: int) -> float:
    """Events a second of the command `tick`, its start included."""
    store = _new(shop, "pulled")
    began = time.monotonic()
    code = _start(shop, settings, store).wait()
    took = time.monotonic() - began
    assert (code, rows_in(store)) == (0, count)
    return count / took


def _start(shop: Workshop, settings: Mapping[str, str], store: Path) -> subprocess.Popen[bytes]:
    program = shop.dashboard(store, **settings)
    command = [*program.command, "tick", "--until-caught-up", "--max-pages", "1000"]
    return subprocess.Popen(command, env=program.environment, cwd=shop.folder, stdout=subprocess.DEVNULL)


def _bare(settings: Mapping[str, str]) -> Mapping[str, float] | None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.bare", settings["AUTHENTIK_URL"]],
        input=settings["AUTHENTIK_TOKEN"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        check=True,
    )
    told: dict[str, float] | None = json.loads(done.stdout)
    return told


def _new(shop: Workshop, name: str) -> Path:
    for leftover in shop.folder.glob(f"{name}.db*"):
        leftover.unlink()
    path = shop.folder / f"{name}.db"
    sqlite3.connect(path).close()
    return path


def _when(samples: list[tuple[float, int]], rows: int) -> float:
    """Seconds until so many rows were there, between two looks."""
    for (at, had), (then, have) in pairwise(samples):
        if have >= rows:
            return at + (then - at) * (rows - had) / max(have - had, 1)
    return samples[-1][0]

"""`python -m tests.benchmarks`: every figure side by side with the peers, in one run, as a Markdown table."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from subprocess import SubprocessError

from tests.benchmarks.figures import Figure, missing, table
from tests.benchmarks.ptys import NeverSeen
from tests.benchmarks.workshop import Options, Workshop

Measure = Callable[[Workshop], list[Figure]]

ROWS = {
    "start": ("start:measure", "start-up, and what is loaded before the first frame"),
    "keys": ("keys:measure", "key to paint, at rest and while ingesting"),
    "work": ("work:measure", "CPU of a page, a cursor move, a new row"),
    "wire": ("wire:measure", "bytes to the terminal"),
    "latency": ("latency:measure", "event in the store to the screen"),
    "rest": ("rest:measure", "idle CPU, idle bytes, memory"),
    "ingest": ("ingest:measure", "events a second over HTTP into SQLite"),
    "backfill": ("ingest:backfill", "a whole history"),
    "queries": ("queries:measure", "pages of filters, feedback, cancelling"),
    "mongo": ("mongo:measure", "MongoDB over the wire"),
    "suite": ("suite:measure", "the test suite"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 where everything that could be measured was."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Measures the dashboard beside its peers; the table goes to stdout, what happens to stderr.",
        epilog="rows: " + "; ".join(f"{name} ({told})" for name, (_, told) in ROWS.items()),
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help="only these rows, in this order")
    parser.add_argument("--without", default="", metavar="ROW,ROW", help="all rows but these")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(tempfile.gettempdir()) / "dezky-audit-tui-benchmarks",
        help="where stores and files of the measurements are kept for the next run (about 4 GB)",
    )
    parser.add_argument("--events", type=int, default=1_000_000, help="events of the large store (1,000,000)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each thing is measured (5)")
    parser.add_argument("--full", action="store_true", help="queries at five times as many events, too (8 GB more)")
    parser.add_argument("--no-peers", action="store_true", help="install and start no other program")
    given = parser.parse_args(arguments)
    left_out = {name for name in given.without.split(",") if name}
    if unknown := [name for name in (*given.rows, *left_out) if name not in ROWS]:
        parser.error(f"there is no row {unknown[0]!r}; the rows are {', '.join(ROWS)}")
    options = Options(given.folder.absolute(), given.events, given.rounds, given.full, not given.no_peers)
    shop = Workshop(options, _tell)
    figures, failed = [], False
    for name in given.rows or [name for name in ROWS if name not in left_out]:
        started = time.monotonic()
        _tell(f"-- {name}: {ROWS[name][1]}")
        try:
            found = _measure(name)(shop)
        except (NeverSeen, AssertionError, OSError, SubprocessError) as error:
            failed = True
            found = [missing(ROWS[name][1], "-", f"could not be measured: {error}".splitlines()[0])]
        figures += found
        for each in found:
            _tell(f"   {each.what}: {each.found}")
        _tell(f"   {time.monotonic() - started:.0f} s")
    print(f"{_machine()}; medians of {options.rounds} rounds.\n\n{table(figures)}")
    return 1 if failed else 0


def _measure(name: str) -> Measure:
    module, _, function = ROWS[name][0].partition(":")
    measure: Measure = getattr(import_module(f"tests.benchmarks.rows.{module}"), function)
    return measure


def _machine() -> str:
    processor = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            processor = line.partition(":")[2].strip()
            break
    load = os.getloadavg()[0]
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {len(os.sched_getaffinity(0))} cores ({processor}), "
        f"Python {platform.python_version()}, load {load:.1f} at the end"
    )


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""Starting: from the command to the first rows on the screen, and what is loaded until then."""

from __future__ import annotations

import time
from contextlib import suppress

from tests.benchmarks import empty_app
from tests.benchmarks.events import new_marker
from tests.benchmarks.figures import Figure, against, figure, middle, missing, ms
from tests.benchmarks.ptys import NeverSeen, Pty
from tests.benchmarks.workshop import Program, Workshop

_HEAVY = ("httpx", "motor", "pymongo", "bson")
_PATIENCE_S = 60.0


def measure(shop: Workshop) -> list[Figure]:
    """Every program starts once a round, one after the other, in a process and a terminal of its own."""
    count = shop.options.events
    store, lines, marker = shop.store(count), shop.lines(count), new_marker(shop.random)
    shop.add(store, marker)
    shop.append(lines, marker)
    programs = [
        (shop.own("empty_app", "empty"), empty_app.READY.encode()),
        (shop.dashboard(store), marker.encode()),
        *[(program, marker.encode()) for program in shop.viewers(lines) if program.name != "less"],
    ]
    times: dict[str, list[float]] = {program.name: [] for program, _ in programs}
    for round_ in range(shop.options.rounds + 1):
        for program, wanted in programs:
            taken = start(shop, program, wanted)
            # The first round reads programs and files from the disk; whose turn it is would decide.
            if taken is not None and (round_ or not shop.options.rounds):
                times[program.name].append(taken)
    ours = times["this dashboard"]
    if not ours:
        return [missing("start-up, first rows", "-", "the first rows never came")]
    what = f"start-up, first rows of a store of {count:,} events"
    figures = [against(what, middle(ours), middle(times["empty"]), 1.7, "an empty Textual app", ms)]
    for name in ("toolong", "lnav"):
        known = middle(times[name]) if times.get(name) else None
        figures.append(against(what, middle(ours), known, 0.5, f"{name} on a file of as many lines", ms))
    return [*figures, loaded(shop)]


def start(shop: Workshop, program: Program, marker: bytes) -> float | None:
    """Seconds from the start to the marker; None where it does not come within a minute."""
    with Pty(program.command, program.environment, shop.folder) as pty, suppress(NeverSeen):
        if program.keys:
            pty.press(program.keys)
        seen = pty.until(marker, _PATIENCE_S) - pty.started
        pty.settle(quiet_s=0.1, patience_s=1.0)
        return seen
    shop.tell(f"{program.name} did not show what it was started for")
    return None


def loaded(shop: Workshop) -> Figure:
    """What Python had loaded when the first frame was there, by its own account."""
    report = shop.folder / "loaded.txt"
    report.unlink(missing_ok=True)
    program = shop.own("first_paint", "first paint")
    environment = {**shop.dashboard(shop.store(1_000)).environment, **program.environment}
    environment["HOME"], environment["FIRST_PAINT_REPORT"] = str(shop.folder / "home"), str(report)
    with Pty(program.command, environment, shop.folder) as pty:
        deadline = time.monotonic() + _PATIENCE_S
        while not report.exists() and time.monotonic() < deadline:
            pty.read(0.1)
    modules = set(report.read_text().split()) if report.exists() else set()
    heavy = [name for name in _HEAVY if name in modules]
    found = f"{len(modules):,} modules, {', '.join(heavy) or 'none of these'}"
    return figure("nothing heavy before the first frame", "no httpx, no motor", found, bool(modules) and not heavy)

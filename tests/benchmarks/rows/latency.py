"""From an event in the store, or a line in the file, to the screen."""

from __future__ import annotations

import time
from contextlib import ExitStack

from tests.benchmarks.events import new_marker
from tests.benchmarks.figures import Figure, against, middle, missing, ms
from tests.benchmarks.ptys import NeverSeen, shown
from tests.benchmarks.workshop import Workshop

_EVENTS = 8


def measure(shop: Workshop) -> list[Figure]:
    """All programs are open; each event is one commit, or one write, and they take turns."""
    count = max(shop.options.events // 5, 1_000)
    store, lines, marker = shop.store(count), shop.lines(count), new_marker(shop.random)
    shop.add(store, marker)
    shop.append(lines, marker)
    times: dict[str, list[float]] = {}
    with ExitStack() as stack:
        open_ = {}
        for program in [shop.dashboard(store), *shop.viewers(lines)]:
            try:
                pty = stack.enter_context(shown(program.command, program.environment, shop.folder, marker.encode()))
            except NeverSeen:
                shop.tell(f"{program.name} does not show its newest line")
                continue
            open_[program.name] = pty
            pty.press(program.keys)
            pty.settle(patience_s=3.0)
        for _ in range(_EVENTS * max(shop.options.rounds // 2, 1)):
            for name, pty in open_.items():
                marker = new_marker(shop.random)
                pty.listen(shop.random.uniform(0.05, 0.35))
                if name == "this dashboard":
                    shop.add(store, marker)
                else:
                    shop.append(lines, marker)
                done = time.perf_counter()
                try:
                    times.setdefault(name, []).append(max(pty.until(marker.encode(), 15.0) - done, 0.0))
                except NeverSeen:
                    shop.tell(f"{name} did not show a new line within 15 s")
    ours = middle(times["this dashboard"])
    what, plain = "event in the store to the screen, p50", _p50(times, "less")
    return [
        *(against(what, ours, _p50(times, name), 0.5, f"{name} on a file", ms) for name in ("toolong", "lnav")),
        missing(
            what,
            "(beside `less +F`, which copies lines)",
            f"{ms(ours)} to {ms(plain)}" if plain else "less is not here",
        ),
    ]


def _p50(times: dict[str, list[float]], name: str) -> float | None:
    return middle(times[name]) if times.get(name) else None

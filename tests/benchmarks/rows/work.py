"""What a movement costs the machine: a page, a row, one new event, in a small store and in a large one."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks import datatable_app
from tests.benchmarks.events import new_marker
from tests.benchmarks.figures import Figure, against, middle, ms
from tests.benchmarks.ptys import Pty, shown
from tests.benchmarks.workshop import Workshop

SMALL = 1_000
_CURSOR = "▶".encode()
_DOWN, _UP = "\x1b[6~", "\x1b[5~"
_PAGES = 20
"""Pages down before it goes up again: the small store has no more."""


def measure(shop: Workshop) -> list[Figure]:
    """CPU seconds by the kernel's count, all threads; the two stores take turns."""
    large = shop.options.events
    stores = {SMALL: shop.store(SMALL), large: shop.store(large)}
    pages: dict[int, list[float]] = {SMALL: [], large: []}
    moves: dict[int, list[float]] = {SMALL: [], large: []}
    fresh: dict[int, list[float]] = {SMALL: [], large: []}
    table: list[float] = []
    for _ in range(max(shop.options.rounds // 2, 1)):
        for count, store in stores.items():
            program = shop.dashboard(store)
            with shown(program.command, program.environment, shop.folder, _CURSOR) as pty:
                fresh[count].append(_cost_of_new(shop, pty, store))
                moves[count].append(_cost(pty, "jjjjkkkk", 25))
                pages[count].append(_cost(pty, [*[_DOWN] * _PAGES, *[_UP] * _PAGES], 2))
        peer = shop.own("datatable_app", "DataTable")
        with shown(peer.command, peer.environment, shop.folder, datatable_app.READY.encode()) as pty:
            table.append(_cost(pty, [*[_DOWN] * _PAGES, *[_UP] * _PAGES], 1))
    of = f"the cost at {SMALL:,} events"
    return [
        against(f"page, CPU at {large:,} events", middle(pages[large]), middle(pages[SMALL]), 1.2, of, ms),
        against(f"cursor move, CPU at {large:,} events", middle(moves[large]), middle(moves[SMALL]), 1.2, of, ms),
        against(f"one new row, CPU at {large:,} events", middle(fresh[large]), middle(fresh[SMALL]), 1.2, of, ms),
        against(
            "page, CPU", middle(pages[large]), middle(table), 0.2, f"a DataTable of {datatable_app.ROWS:,} rows", ms
        ),
    ]


def _cost(pty: Pty, keys: str | list[str], times: int) -> float:
    """CPU seconds a key, each drawn to its end before the next."""
    pty.settle(quiet_s=0.2, patience_s=3.0)
    before, pressed = pty.cpu_s, 0
    for _ in range(times):
        for key in keys:
            pty.press(key)
            pty.settle(quiet_s=0.015, patience_s=3.0)
            pressed += 1
    return (pty.cpu_s - before) / pressed


def _cost_of_new(shop: Workshop, pty: Pty, store: Path) -> float:
    """CPU seconds for each event that comes alone, less what is spent where nothing comes."""
    rows, each_s = 12, 0.4
    pty.listen(0.5)
    before = pty.cpu_s
    pty.listen(rows * each_s)
    idle, before = pty.cpu_s - before, pty.cpu_s
    for _ in range(rows):
        shop.add(store, new_marker(shop.random))
        pty.listen(each_s)
    return max(pty.cpu_s - before - idle, 0.0) / rows

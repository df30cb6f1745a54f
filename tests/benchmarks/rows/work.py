"""What a movement costs the machine: a page, a row, one new event, in a small store and in a large one."""

from __future__ import annotations

import time
from pathlib import Path

from tests.benchmarks import datatable_app
from tests.benchmarks.events import new_marker
from tests.benchmarks.figures import Figure, against, middle, ms
from tests.benchmarks.ptys import PATIENCE_S, NeverSeen, Pty, shown
from tests.benchmarks.workshop import Workshop

SMALL = 1_000
_CURSOR = "▶".encode()
_DOWN, _UP = "\x1b[6~", "\x1b[5~"
_PAGES = 20
"""Pages down before it goes up again: the small store has no more."""
_ANSWER_S = 0.25
"""So long a key is waited for that may draw nothing."""
_REST_S, _AT_REST = 2.0, 0.03
"""A program that takes no more than this share of a core for so long has nothing to do."""


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
    """CPU seconds a key, each drawn to its end before the next, less what is spent where no key is pressed."""
    idle = _at_rest(pty)
    spent, began = pty.cpu_s, time.perf_counter()
    for key in [*keys] * times:
        pty.press(key)
        # A paint waits for the next frame: without the first of its bytes, two keys could share one.
        pty.read(_ANSWER_S)
        pty.settle(quiet_s=0.02, patience_s=3.0)
    spent, took = pty.cpu_s - spent, time.perf_counter() - began
    return (spent - min(idle, _at_rest(pty)) * took) / (len(keys) * times)


def _cost_of_new(shop: Workshop, pty: Pty, store: Path) -> float:
    """CPU seconds for each event that comes alone until it is drawn, less what is spent where nothing comes."""
    rows, each_s = 12, 0.4
    idle = _at_rest(pty)
    spent, began = pty.cpu_s, time.perf_counter()
    for _ in range(rows):
        marker = new_marker(shop.random)
        shop.add(store, marker)
        pty.until(marker.encode())
        pty.listen(each_s)
    spent, took = pty.cpu_s - spent, time.perf_counter() - began
    return (spent - min(idle, _at_rest(pty)) * took) / rows


def _at_rest(pty: Pty) -> float:
    """Seconds of CPU a second of a program that has nothing to do. What its start set going is over before: of a large
    store much is read behind the first page, and that is no cost of a key. It is asked for before and after, since a
    hundredth too much would take off as much as an event costs."""
    deadline = time.perf_counter() + PATIENCE_S
    while time.perf_counter() < deadline:
        before, began = pty.cpu_s, time.perf_counter()
        pty.listen(_REST_S)
        idle = (pty.cpu_s - before) / (time.perf_counter() - began)
        if idle < _AT_REST:
            return idle
    raise NeverSeen("it did not come to rest")

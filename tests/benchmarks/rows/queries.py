"""Filters on a large store: pages anywhere, the first sign of an answer, and a search that is called off."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from textual.constants import ESCAPE_DELAY

from dezky_audit_tui.demo.people import SLUGS
from dezky_audit_tui.model.event import Position
from dezky_audit_tui.model.instants import now, to_ms
from dezky_audit_tui.model.query import EVERYTHING, Query
from dezky_audit_tui.model.query_parse import parse_query
from dezky_audit_tui.store.sqlite.store import SqliteStore
from tests.benchmarks.figures import Figure, figure, middle, missing, ms, percentile
from tests.benchmarks.ptys import NeverSeen, shown
from tests.benchmarks.workshop import Workshop, run

_PAGE = 100
_AT_ONCE = 1 << 20
_CURSOR = "▶".encode()
_FILTERS = (
    "verb:login",
    "verb:login_failed",
    f"tenant:{SLUGS[0]}",
    "tenant:none",
    "outcome:failure",
    "source:authentik",
    "actor:root",
    "ip:198.51.100.0/24",
    "is:impersonated",
    "is:unmapped",
    "is:unresolved",
    "since:2h",
)
"""Each of them has an index. `actor:` and `ip:` may find few rows, `source:` finds all."""


def measure(shop: Workshop) -> list[Figure]:
    """At one size, and at five times that with `--full`."""
    figures: list[Figure] = []
    for count in (shop.options.events, *([shop.options.events * 5] if shop.options.full else [])):
        figures += run(_pages(shop.store(count), count, shop))
    return [*figures, *_on_screen(shop, shop.store(shop.options.events))]


async def _pages(path: Path, count: int, shop: Workshop) -> list[Figure]:
    """Whole pages, rows decoded, newest ones and from any moment on; the file in the system's memory, where the newest
    page always is. From a disk, a page waits for as many reads as its rows are scattered: that is the disk's time."""
    _warm(path)
    store = SqliteStore(path)
    await store.open()
    try:
        newest, anywhere = [], []
        queries = [parse_query(text, now=now()) for text in _FILTERS]
        oldest = (await store.newer(EVERYTHING, None, 1))[0].position.at_ms
        for number in range(8 * shop.options.rounds):
            for query in (EVERYTHING, *queries):
                place = Position(shop.random.randint(oldest, to_ms(now())), 0)
                newest.append(await _taken(store, EVERYTHING, None))
                if number:
                    anywhere.append(await _taken(store, query, place))
    finally:
        await store.close()
    mine, other = percentile(anywhere, 50), percentile(newest, 50)
    mine99, other99 = percentile(anywhere, 99), percentile(newest, 99)
    what = f"any page of {len(_FILTERS)} indexed filters at {count:,} events in memory"
    goal = "at most 2x the newest page"
    return [
        figure(f"{what}, p50", goal, f"{ms(mine)} to {ms(other)}: {mine / other:.2f}x", mine <= 2 * other),
        figure(f"{what}, p99", goal, f"{ms(mine99)} to {ms(other99)}: {mine99 / other99:.2f}x", mine99 <= 2 * other99),
    ]


def _warm(path: Path) -> None:
    with path.open("rb") as file:
        while file.read(_AT_ONCE):
            pass


async def _taken(store: SqliteStore, query: Query, place: Position | None) -> float:
    started = time.perf_counter()
    await store.older(query, place, _PAGE)
    return time.perf_counter() - started


def _on_screen(shop: Workshop, path: Path) -> list[Figure]:
    """A filter is typed and taken: the filter line says so. A search through all rows, for what is nowhere, is stopped
    by Esc."""
    feedback, keys, cancelled = [], [], []
    program = shop.dashboard(path)
    with shown(program.command, program.environment, shop.folder, _CURSOR) as pty:
        pty.press("jj")
        pty.settle()
        for number in range(max(4 * shop.options.rounds, 4)):
            pty.press("j")
            started = time.perf_counter()
            keys.append(pty.until(_CURSOR) - started)
            pty.settle(quiet_s=0.1)
            pty.press("/" + ("verb:login_failed", "outcome:failure")[number % 2])
            pty.settle(quiet_s=0.1)
            started = time.perf_counter()
            pty.press("\r")
            data = None
            while data is None:
                data = pty.read(5.0)
            feedback.append(time.perf_counter() - started)
            pty.settle(quiet_s=0.3)
            pty.press("\x1b")
            pty.settle(quiet_s=0.3)
        for _ in range(max(shop.options.rounds, 2)):
            pty.press("/target:zzzznowhere")
            pty.settle(quiet_s=0.1)
            pty.press("\r")
            pty.listen(0.45)
            started = time.perf_counter()
            pty.press("\x1b")
            with suppress(NeverSeen):  # a small store is searched through before it can be stopped
                pty.until(b"search stopped", 3.0)
                cancelled.append(time.perf_counter() - started - ESCAPE_DELAY)
            pty.settle(quiet_s=0.3)
    ours, key = middle(feedback), middle(keys)
    return [
        figure(
            "first feedback to a filter",
            "at most 2x a key",
            f"{ms(ours)} to {ms(key)}: {ours / key:.2f}x",
            ours <= 2 * key,
        ),
        _stopped(cancelled),
    ]


def _stopped(times: list[float]) -> Figure:
    # A terminal's Esc may be the begin of another key: the library waits before it is one of its own.
    what, goal = f"a running search, from Esc ({ms(ESCAPE_DELAY)} to tell it apart) to its end", "at once (100 ms)"
    if not times:
        return missing(what, goal, "it was over before it could be stopped")
    return figure(what, goal, ms(middle(times)), middle(times) <= 0.1)

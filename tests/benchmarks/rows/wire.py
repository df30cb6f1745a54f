"""Bytes that go to the terminal, which may lie behind a slow line: while following, paused, in a burst."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.events import new_marker
from tests.benchmarks.figures import Figure, against, below, figure, middle, octets
from tests.benchmarks.ptys import Chunk, Pty, repaints, shown, size
from tests.benchmarks.workshop import Workshop

_CURSOR = "▶".encode()
_EVENTS, _BURST = 15, 100
_APART_S, _AFTER_S = 0.7, 2.0

Add = Callable[[str], None]


def measure(shop: Workshop) -> list[Figure]:
    """The same events one by one; of what a program sends without any event, nothing is taken off."""
    count = max(shop.options.events // 5, 1_000)
    store, lines = shop.store(count), shop.lines(count)
    program = shop.dashboard(store)
    with shown(program.command, program.environment, shop.folder, _CURSOR) as pty:
        following = each(shop, pty, lambda marker: shop.add(store, marker))
        bursts = [burst(shop, pty, store) for _ in range(max(shop.options.rounds // 2, 1))]
        pty.press("jjj")
        pty.settle()
        paused = each(shop, pty, lambda marker: shop.add(store, marker))
    peers = {}
    for viewer in shop.viewers(lines):
        if viewer.name == "toolong":
            marker = new_marker(shop.random)
            shop.append(lines, marker)
            with shown(viewer.command, viewer.environment, shop.folder, marker.encode()) as pty:
                peers[viewer.name] = each(shop, pty, lambda marker: shop.append(lines, marker))
    most = max(repaints(chunks) / _AFTER_S for chunks in bursts)
    return [
        against("following, bytes an event", following, peers.get("toolong"), 0.35, "toolong", octets),
        below("reading history, bytes an event that comes", paused, 250, octets),
        below(f"a burst of {_BURST}, bytes", middle([size(chunks) for chunks in bursts]), 12_000, octets),
        figure("the same, repaints a second", "at most 10", f"{most:.1f}", most <= 10),
    ]


def each(shop: Workshop, pty: Pty, add: Add) -> float:
    """Bytes for each event, with all that goes on meanwhile."""
    pty.settle(quiet_s=0.3, patience_s=3.0)
    total = 0
    for _ in range(_EVENTS):
        add(new_marker(shop.random))
        total += size(pty.listen(_APART_S))
    return total / _EVENTS


def burst(shop: Workshop, pty: Pty, store: Path) -> list[Chunk]:
    """What comes within two seconds of one commit."""
    pty.settle(quiet_s=0.3, patience_s=3.0)
    shop.add(store, *(new_marker(shop.random) for _ in range(_BURST)))
    return pty.listen(_AFTER_S)

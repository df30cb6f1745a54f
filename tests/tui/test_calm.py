"""What a screen that nobody touches sends: as little as can be."""

from __future__ import annotations

from datetime import timedelta

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from dezky_audit_tui.tui.widgets.line import _differences
from dezky_audit_tui.tui.words.health import health_of
from tests.tui.rows import NOON
from tests.tui.test_health import facts, tick, waiting


def test_only_cells_that_differ_are_sent() -> None:
    old = Strip([Segment("  21 s behind        next tick 0:39   12 events")])
    new = Strip([Segment("  22 s behind        next tick 0:38   13 events")])
    assert _differences(old, new, 3) == [Region(3, 3, 1, 1), Region(34, 3, 6, 1)]
    assert _differences(old, old, 3) == []
    assert _differences(old, Strip([Segment("x")]), 0) == [Region(0, 0, 1, 1)]


def test_the_clocks_of_the_header_move_in_steps_but_for_their_first_and_last_seconds() -> None:
    lags, nexts = [], []
    for second in range(60):
        now = NOON + timedelta(seconds=second)
        health = health_of(facts(tick(0), ingester=waiting(60))._replace(now=now))
        lags.append(health.lag)
        nexts.append(health.next)
    assert lags[:12] == ["up to date", *(f"{second} s behind" for second in range(1, 11)), "10 s behind"]
    assert len(set(lags)) <= 21
    assert len(set(nexts)) <= 21
    assert nexts[-3:] == ["next tick 0:03", "next tick 0:02", "next tick 0:01"]

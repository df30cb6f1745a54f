"""What a silent stretch means: not read yet, the source away, nobody asked, or nothing happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.errors import StoreError
from dezky_audit_tui.insight.silence import Silence, patience, quiet, unattended, unread
from dezky_audit_tui.insight.words import away_text, silence_text
from dezky_audit_tui.model.cursor import UNREAD, Hole
from dezky_audit_tui.model.holes import top_at
from dezky_audit_tui.model.report import TickError, TickOutcome, TickReport, Trigger
from tests.insight.samples import at

MINUTE = 60.0
ALLOWED = patience(MINUTE)


def tick(seconds: float, outcome: TickOutcome = "ok", trigger: Trigger = "timer", duration_ms: int = 300) -> TickReport:
    error = TickError("source_unavailable", "no answer") if outcome == "failed" else None
    return TickReport("authentik", trigger, at(seconds), duration_ms=duration_ms, outcome=outcome, error=error)


def gaps(*ticks: TickReport, since: float = 0, until: float = 3_600) -> list[Silence]:
    return unattended(ticks, at(since), at(until), ALLOWED, known_from=None)


def every_minute(start: float, end: float) -> list[TickReport]:
    return [tick(seconds) for seconds in range(int(start), int(end) + 1, 60)]


def test_where_ticks_come_on_time_there_is_no_gap() -> None:
    assert gaps(*every_minute(0, 3_600)) == []


def test_failed_ticks_are_the_source_away_until_a_good_one_makes_up_for_it() -> None:
    failing = [tick(seconds, "failed") for seconds in range(660, 1_200, 60)]
    (away,) = gaps(*every_minute(0, 600), *failing, *every_minute(1_200, 3_600))
    assert (away.kind, away.end, away.made_up, away.ticks, away.error) == ("away", at(1_200), True, 9, "no answer")
    assert silence_text(away) == "source away, 9 failed ticks, read since"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("unreachable", "source away"),
        ("token_invalid", "source refused"),
        ("store_unavailable", "store away"),
        ("store_full", "store full"),
        ("store_read_only", "store read-only"),
        ("lease_lost", "another ingester in the way"),
        ("internal", "this program failed"),
    ],
)
def test_what_made_ticks_fail_is_told(kind: str, words: str) -> None:
    failing = [replace(tick(seconds, "failed"), error=TickError(kind, "it did")) for seconds in (660, 720, 780)]
    (gap,) = gaps(*every_minute(0, 600), *failing, *every_minute(840, 3_600))
    assert (gap.kind, gap.error_kind) == ("away", kind)
    assert silence_text(gap) == f"{words}, 3 failed ticks, read since"


def test_no_failure_of_the_store_is_called_the_sources() -> None:
    assert not [each.kind for each in StoreError.__subclasses__() if away_text(each.kind).startswith("source")]


def test_failing_still_is_not_made_up() -> None:
    (away,) = gaps(*every_minute(0, 600), *[tick(seconds, "failed") for seconds in range(660, 3_600, 60)])
    assert (away.end, away.made_up) == (at(3_600), False)


def test_no_ticks_at_all_are_nobody_asking() -> None:
    (gap,) = gaps(*every_minute(0, 600), *every_minute(2_000, 3_600))
    assert (gap.kind, gap.made_up, gap.ticks) == ("not_running", True, 0)
    (still,) = gaps(*every_minute(0, 600))
    assert (still.kind, still.made_up, still.end) == ("not_running", False, at(3_600))


def test_one_failed_tick_between_good_ones_is_no_gap() -> None:
    assert gaps(*every_minute(0, 600), tick(660, "failed"), *every_minute(720, 3_600)) == []


def test_a_long_tick_and_catching_up_are_no_silence() -> None:
    catching_up = [tick(seconds, trigger="catch_up") for seconds in range(900, 1_500, 30)]
    assert gaps(tick(0, duration_ms=900_000), *catching_up, *every_minute(1_500, 3_600)) == []


def test_of_the_time_before_the_oldest_tick_nothing_is_told() -> None:
    assert gaps(*every_minute(1_800, 3_600)) == []
    assert gaps() == []


def test_a_gap_is_cut_to_the_time_that_was_asked_for() -> None:
    (gap,) = gaps(*every_minute(-1_200, -600), *every_minute(4_000, 4_100))
    assert (gap.start, gap.end) == (at(0), at(3_600))


def test_skipped_ticks_tell_nothing() -> None:
    (gap,) = gaps(*every_minute(0, 600), *[tick(seconds, "skipped") for seconds in range(660, 3_600, 60)])
    assert gap.kind == "not_running"


@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from(["ok", "failed"])), max_size=12),
    st.randoms(use_true_random=False),
)
def test_a_moment_is_in_a_gap_where_no_good_tick_is_near(each: list[tuple[int, TickOutcome]], chance: Random) -> None:
    ticks = [tick(minute * MINUTE, outcome, duration_ms=0) for minute, outcome in dict(each).items()]
    chance.shuffle(ticks)
    found = gaps(*ticks)
    good = sorted(one.started_at for one in ticks if one.outcome == "ok")
    first = min((one.started_at for one in ticks), default=at(3_600))
    edges = sorted({first, *good, at(3_600)})
    wanted = [(low, high) for low, high in pairwise(edges) if high - low > ALLOWED]
    assert [(gap.start, gap.end) for gap in found[::-1]] == wanted
    for gap in found:
        failed = [
            one for one in ticks if one.outcome == "failed" and gap.start and gap.start <= one.started_at < gap.end
        ]
        assert (gap.kind, gap.ticks) == ("away" if failed else "not_running", len(failed))
        assert gap.made_up == any(moment >= gap.end for moment in good)


def test_holes_are_cut_to_the_time_that_was_asked_for() -> None:
    holes = [
        Hole(top_at(at(3_000)), at(2_000), UNREAD, events=420),
        Hole(top_at(at(500)), None, UNREAD, events=9),
    ]
    whole, part = unread(holes, at(0), at(3_600))
    assert (whole.start, whole.end, whole.events) == (at(2_000), at(3_000), 420)
    assert (part.start, part.end, part.events) == (at(0), at(500), None)
    assert unread(holes, at(600), at(1_500)) == []
    assert unread(holes)[1].start is None


def test_quiet_is_where_all_was_seen_and_nothing_happened() -> None:
    moments = [at(9_000), at(5_000), at(4_990), at(0)]
    assert [(each.start, each.end) for each in quiet(moments, [])] == [(at(5_000), at(9_000)), (at(0), at(4_990))]
    hole = Silence("unread", at(100), at(200))
    away = Silence("away", at(6_000), at(7_000), made_up=True)
    assert [each.end for each in quiet(moments, [hole, away])] == [at(9_000)]
    assert quiet(moments, [], timedelta(hours=3)) == []

"""What the time after the newest event was, and how stretches that were not seen differ from quiet ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.insight.silence import QUIET, Silence
from dezky_audit_tui.model.cursor import UNREAD, Hole, Mark, PullState
from dezky_audit_tui.model.event import Position, Row
from dezky_audit_tui.model.instants import exact_text
from dezky_audit_tui.model.report import TickError, TickReport
from dezky_audit_tui.store.store import StoreStatus
from dezky_audit_tui.tui.timeline.lines import GapLine, Line, ReadStretch, RowLine, SilenceLine, build_lines
from dezky_audit_tui.tui.words.health import Facts
from dezky_audit_tui.tui.words.silences import gap_text, read_stretch, silence_line_text, since_newest, unseen_stretches
from dezky_audit_tui.tui.words.zone import Zone
from tests.tui.rows import NOON, event, row
from tests.tui.screen import dashboard

UTC = Zone()


def tick(seconds_ago: float, outcome: str = "ok", trigger: str = "timer") -> TickReport:
    error = TickError("http", "Authentik is starting up") if outcome == "failed" else None
    at = NOON - timedelta(seconds=seconds_ago)
    return TickReport("authentik", trigger, at, outcome=outcome, error=error)  # type: ignore[arg-type]  # literals


def facts(*ticks: TickReport) -> Facts:
    status = StoreStatus(PullState("authentik"), None, ticks[0] if ticks else None)
    return Facts(NOON, 60.0, status, ticks)


def test_a_source_that_is_away_for_hours_is_told_of_though_its_last_good_tick_is_far_behind() -> None:
    failed = [tick(60 * n, "failed") for n in range(1, 61)]
    found = since_newest(facts(*failed)._replace(good=tick(7200)), NOON - timedelta(hours=3))
    assert found is not None
    assert silence_line_text(found, UTC) == "~ ~ ~ not seen since 10:00:00: source away, at least 60 failed ticks"


def test_what_was_never_read_is_not_quiet() -> None:
    assert read_stretch(facts()) is None
    hour_ago = tick(3600)
    assert read_stretch(facts(hour_ago)) == (None, hour_ago.started_at)
    assert [type(line) for line in lines(4000, 0, read=(None, NOON + timedelta(seconds=3999)))] == [RowLine, RowLine]
    assert [type(line) for line in lines(4000, 0, read=(NOON + timedelta(seconds=1), WHOLE[1]))] == [RowLine, RowLine]


def test_what_nobody_has_read_are_the_holes_and_in_trouble_the_time_since_the_last_good_tick() -> None:
    good = tick(600)
    whole = facts(good)
    assert unseen_stretches(whole, in_trouble=False) == ()
    assert unseen_stretches(whole, in_trouble=True) == ((good.started_at, None),)
    assert unseen_stretches(facts(), in_trouble=True) == ((None, None),)
    assert whole.status is not None
    state = replace(whole.status.state, holes=(hole(-600, -900),))
    holes = ((NOON - timedelta(seconds=900), NOON - timedelta(seconds=600)),)
    assert unseen_stretches(whole._replace(status=replace(whole.status, state=state)), in_trouble=False) == holes


def newest(minutes_ago: float) -> Silence | None:
    return since_newest(facts(tick(5)), NOON - timedelta(minutes=minutes_ago))


def test_ticks_that_fail_leave_the_time_since_the_last_good_one_unseen() -> None:
    found = since_newest(facts(tick(10, "failed"), tick(70, "failed"), tick(130)), NOON - timedelta(minutes=3))
    assert found is not None
    assert (found.kind, found.start, found.ticks, found.error) == (
        "away",
        NOON - timedelta(seconds=130),
        2,
        "Authentik is starting up",
    )
    assert silence_line_text(found, UTC) == "~ ~ ~ not seen since 11:57:50: source away, 2 failed ticks"


def test_on_a_narrow_line_no_word_is_cut() -> None:
    away = Silence("away", NOON - timedelta(seconds=130), NOON, ticks=60, more=True)
    assert silence_line_text(away, UTC, 56) == "~ ~ ~ not seen since 11:57:50: source away"
    quiet = Silence("quiet", NOON - timedelta(hours=1), NOON)
    assert silence_line_text(quiet, UTC, 56) == "· · · quiet for 01:00:00: read from 11:00 to 12:00"
    assert silence_line_text(quiet, UTC, 30) == "· · · quiet for 01:00:00"
    assert gap_text(hole(-14220, -14520), UTC, 40) == "~ ~ ~ not read yet: 07:58 to 08:03"


def test_where_the_store_failed_the_source_is_not_blamed() -> None:
    failed = replace(tick(10, "failed"), error=TickError("store_unavailable", "no answer"))
    found = since_newest(facts(failed, tick(130)), NOON - timedelta(minutes=3))
    assert found is not None
    assert silence_line_text(found, UTC) == "~ ~ ~ not seen since 11:57:50: store away, 1 failed tick"


def test_it_is_over_with_the_next_good_tick() -> None:
    assert since_newest(facts(tick(3), tick(10, "failed"), tick(130)), NOON - timedelta(minutes=3)) is None


def test_no_tick_for_long_is_not_quiet_but_unseen() -> None:
    found = since_newest(facts(tick(3600)), NOON - timedelta(hours=2))
    assert found is not None
    assert silence_line_text(found, UTC) == "~ ~ ~ not seen since 11:00:00: nobody asked the source"


def test_a_catch_up_tick_tells_nothing_of_the_newest_events() -> None:
    found = since_newest(facts(tick(3, trigger="catch_up"), tick(3600)), NOON - timedelta(hours=2))
    assert found is not None
    assert found.kind == "not_running"


def test_seen_and_empty_is_quiet_after_a_while() -> None:
    assert newest(5) is None
    found = newest(42)
    assert found is not None
    assert silence_line_text(found, UTC) == ("· · · quiet for 00:41:55: read from 11:18 to 11:59, nothing happened")


def test_before_the_first_good_tick_nothing_is_said() -> None:
    assert since_newest(facts(), None) is None
    assert since_newest(facts(tick(3, "failed")), NOON) is None


WHOLE: ReadStretch = (None, NOON + timedelta(days=1))


def lines(*seconds: float, holes: tuple[Hole, ...] = (), read: ReadStretch | None = WHOLE) -> list[Line]:
    rows = [row(at, seconds=second) for at, second in enumerate(sorted(seconds, reverse=True))]
    return build_lines(rows, holes, UTC, NOON.date(), at_newest=True, at_oldest=False, read=read)


def hole(top: float, bottom: float | None) -> Hole:
    mark = Mark(exact_text(NOON + timedelta(seconds=top)), "x")
    return Hole(mark, None if bottom is None else NOON + timedelta(seconds=bottom), UNREAD, events=420)


def test_a_quiet_stretch_between_rows_is_told_where_all_rows_are_shown() -> None:
    kinds = [type(line) for line in lines(4000, 0)]
    assert kinds == [RowLine, SilenceLine, RowLine]
    assert [type(line) for line in lines(4000, 0, read=None)] == [RowLine, RowLine]
    assert [type(line) for line in lines(1000, 0)] == [RowLine, RowLine]


def test_rows_that_stand_elsewhere_than_at_their_time_tell_nothing_of_it() -> None:
    elsewhere = [Row(Position(-place, 0), event(seconds=place * -7200.0)) for place in (1, 2)]
    rows = [row(seconds=0.0), *elsewhere]
    found = build_lines(rows, [], UTC, NOON.date(), at_newest=True, at_oldest=True, read=WHOLE)
    assert not [line for line in found if isinstance(line, SilenceLine)]


@pytest.mark.parametrize("bounds", [(3900, 100), (3900, -50), (5000, 3999), (2000, None)])
def test_a_stretch_that_a_hole_reaches_into_is_never_called_quiet(bounds: tuple[float, float | None]) -> None:
    kinds = [type(line) for line in lines(4000, 0, holes=(hole(*bounds),))]
    assert SilenceLine not in kinds
    assert GapLine in kinds


def test_a_hole_is_told_with_its_times_and_about_how_many_events() -> None:
    assert gap_text(hole(-14220, -14520), UTC) == "~ ~ ~ not read yet: 07:58 to 08:03, about 420 events"


@given(st.sets(st.integers(0, 40_000), min_size=1, max_size=12), st.integers(0, 40_000), st.integers(1, 20_000))
def test_every_long_stretch_is_either_quiet_or_unread_and_never_both(
    seconds: set[int], bottom: int, length: int
) -> None:
    unread = hole(bottom + length, bottom)
    told = lines(*seconds, holes=(unread,))
    for silence in (line.silence for line in told if isinstance(line, SilenceLine)):
        assert silence.start is not None
        assert silence.end - silence.start > QUIET
        assert unread.top.at <= silence.start or (unread.bottom is not None and unread.bottom >= silence.end)
    assert sum(isinstance(line, RowLine) for line in told) == len(seconds)


def test_events_of_another_day_are_named_with_it() -> None:
    late = event(seconds=-100_000).at
    assert silence_line_text(Silence("away", late, NOON, ticks=1), UTC) == (
        "~ ~ ~ not seen since 23 Nov 08:13:20: source away, 1 failed tick"
    )


async def test_a_filter_takes_quiet_times_away_with_the_rows_that_it_hides_and_brings_them_back(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=120) as screen:
        await screen.stage.until(lambda: "· · · quiet for" in screen.body, "a quiet time")
        browser = screen.main.browser
        for keys, there in ((("slash", *"outcome:failure", "enter"), False), (("f",), True), (("f",), False)):
            await screen.pilot.press(*keys)
            await screen.stage.until(lambda: bool(browser.query.terms) != there, "the rows")  # noqa: B023  # at once
            await screen.pilot.pause()
            assert ("· · · quiet for" in screen.body) == there

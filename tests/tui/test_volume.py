"""Which stretch of time the volume shows, and who is frequent in it, on a real store."""

from __future__ import annotations

from datetime import timedelta

from dezky_audit_tui.insight.top import read_top
from dezky_audit_tui.insight.volume import Bucket
from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.model.query_parse import parse_query
from dezky_audit_tui.store.sqlite.store import SqliteStore
from dezky_audit_tui.tui.panes.top import column_at, column_widths, top_lines
from dezky_audit_tui.tui.volume import SPANS, Volume, bar_at, unseen_bars
from dezky_audit_tui.tui.words.pieces import text_of, width_of
from dezky_audit_tui.tui.words.zone import Zone
from tests.tui.rows import NOON, event, put, row

UTC = Zone("utc")


async def counted(volume: Volume) -> None:
    while await volume.refresh(NOON):
        pass


async def test_it_counts_what_matches_the_filter_and_again_what_came_since(store: SqliteStore) -> None:
    await put(store, [event(n, seconds=-60 * n, outcome="failure" if n == 3 else "success") for n in range(70)])
    volume = Volume(store)
    await counted(volume)
    assert sum(bucket.events for bucket in volume.series(NOON, 60)) == 60
    assert [bucket.failures for bucket in volume.series(NOON, 60)][-4] == 1
    volume.show(parse_query("outcome:failure", now=NOON))
    await counted(volume)
    assert sum(bucket.events for bucket in volume.series(NOON, 60)) == 1
    volume.show(EVERYTHING)
    await counted(volume)
    assert not volume.is_due(NOON)
    late = event(100, seconds=-121)
    await put(store, [late])
    volume.touch([row(100, seconds=-121)])
    assert volume.is_due(NOON)
    await counted(volume)
    assert sum(bucket.events for bucket in volume.series(NOON, 60)) == 61


async def test_it_goes_where_the_reader_goes_and_stays_while_it_can(store: SqliteStore) -> None:
    await put(store, [event(n, seconds=-86_400 - 60 * n) for n in range(30)])
    volume = Volume(store)
    yesterday = NOON - timedelta(days=1)
    volume.follow(yesterday, NOON)
    await counted(volume)
    assert volume.label(NOON, UTC) == "1 h to 23 Nov 12:30"
    assert sum(bucket.events for bucket in volume.series(NOON, 60)) == 30
    volume.follow(yesterday - timedelta(minutes=20), NOON)
    assert volume.label(NOON, UTC) == "1 h to 23 Nov 12:30"
    start, end = volume.stretch(NOON)
    assert start <= yesterday - timedelta(minutes=20) < yesterday < end
    volume.follow(None, NOON)
    assert volume.label(NOON, UTC) == "last hour"
    volume.follow(NOON - timedelta(minutes=30), NOON)
    assert volume.label(NOON, UTC) == "last hour"


def test_spans_go_round(store: SqliteStore) -> None:
    volume = Volume(store)
    seen = [volume.next_span().words for _ in SPANS]
    assert seen == ["6 h", "24 h", "7 d", "30 d", "1 h"]


def test_a_moment_lies_in_one_bar(store: SqliteStore) -> None:
    series = Volume(store).series(NOON, 30)
    step = series[1].start - series[0].start
    for at, bucket in enumerate(series):
        assert bar_at(series, bucket.start) == bar_at(series, bucket.start + step - timedelta(milliseconds=1)) == at
    assert bar_at(series, series[0].start - timedelta(milliseconds=1)) is None
    assert bar_at(series, series[-1].start + step) is None


async def test_the_most_frequent_come_first_within_time_and_filter(store: SqliteStore) -> None:
    made = [event(n, seconds=-n, outcome="failure" if n % 7 == 1 else "success") for n in range(21)]
    await put(store, [*made, event(99, seconds=-7200, actor_name="old")])
    top = await read_top(store, EVERYTHING, NOON - timedelta(hours=1), NOON + timedelta(seconds=1))
    assert top.rows == 21
    assert top.whole
    assert [(share.value, share.events) for share in top.shares["tenant"]] == [(None, 7), ("acme", 7), ("globex", 7)]
    first = top.shares["actor"][0]
    assert (first.value, first.events, first.failures) == ("user1", 3, 3)
    acme = await read_top(store, parse_query("tenant:acme", now=NOON), NOON - timedelta(hours=3), NOON, most=5)
    assert (acme.rows, acme.whole) == (5, False)


async def test_the_pane_fits_and_shows_no_text_that_acts(store: SqliteStore) -> None:
    await put(store, [event(1, actor_name="a\x1b[31m" * 9), event(2, tenant_slug=None), event(3, outcome="failure")])
    top = await read_top(store, EVERYTHING, NOON, NOON + timedelta(minutes=1))
    for width in (60, 80, 118, 198, 250):
        lines = top_lines(top, "last hour", width, (2, 0), source="authentik")
        lines += top_lines(top, "last hour", width, None, source="authentik", column=2)
        assert {width_of(line) for line in lines} == {width}
        shown = "\n".join(map(text_of, lines))
        assert "\x1b" not in shown
        assert "login" in shown
        assert "none" in shown
        for column, shown in ((0, [0, 1]), (3, [2, 3])) if width < 76 else ((0, [0, 1, 2, 3]),):
            edges = [0]
            for room in column_widths(width, column):
                edges.append(edges[-1] + room)
            assert edges[-1] == width
            assert [column_at(edge, width, column) for edge in edges[:-1]] == shown


async def test_two_lists_at_a_time_stand_on_a_narrow_screen(store: SqliteStore) -> None:
    await put(store, [event(1, actor_name="zaneta.dabrowska", action="authentik.application_authorized")])
    top = await read_top(store, EVERYTHING, NOON, NOON + timedelta(minutes=1))
    first, row = map(text_of, top_lines(top, "last hour", 60, (1, 0), source="authentik", column=1))
    assert first.split() == ["tenant", "verb", "actor,", "address", "→"]
    assert "▶application_authorized" in row
    first, row = map(text_of, top_lines(top, "last hour", 60, (2, 0), source="authentik", column=2))
    assert first.split() == ["actor", "address", "←", "tenant,", "verb"]
    assert "▶zaneta.dabrowska" in row


def test_bars_without_an_event_in_what_nobody_has_read_are_unseen() -> None:
    minute = timedelta(minutes=1)
    series = [Bucket(NOON + at * minute, events, 0) for at, events in enumerate((1, 0, 0, 2, 0))]
    assert unseen_bars(series, ()) == frozenset()
    assert unseen_bars(series, [(None, None)]) == {1, 2, 4}
    assert unseen_bars(series, [(NOON + 2.5 * minute, None)]) == {2, 4}
    assert unseen_bars(series, [(NOON + minute, NOON + 2 * minute)]) == {1}
    assert unseen_bars(series, [(NOON - minute, NOON)]) == frozenset()

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from dezky_audit_tui.model.cursor import UNREAD, Hole, Mark
from dezky_audit_tui.model.event import AuditEvent, Person, Row
from dezky_audit_tui.tui.timeline.lines import DayLine, EndLine, GapLine
from dezky_audit_tui.tui.widgets.timeline_strips import FLAG, Painter
from dezky_audit_tui.tui.words.cells import fit_actor
from dezky_audit_tui.tui.words.columns import lay_out
from dezky_audit_tui.tui.words.zone import Zone
from tests.tui.rows import NOON, event, row

PAINTER = Painter(lambda name: Style.null())
ROOT_AS_ANA = {"actor_name": "root", "on_behalf_of": Person("9", "ana")}


def painted(made: AuditEvent, width: int = 120, *, prefixed: bool = False, selected: bool = False) -> str:
    columns = lay_out(width, prefixed=prefixed)
    place = row().position
    strip = PAINTER.row(
        Row(place, made), columns, width, Zone(), NOON, prefixed=prefixed, cursor=True if selected else None
    )
    assert strip.cell_length == width
    return strip.text


def names(width: int, *, prefixed: bool = False) -> list[str]:
    return [column.name for column in lay_out(width, prefixed=prefixed)]


def test_columns_give_way_from_the_right_and_time_verb_and_actor_never_do() -> None:
    assert names(120) == ["time", "mark", "verb", "tenant", "actor", "address", "what"]
    assert names(80) == ["time", "mark", "verb", "tenant", "actor", "address"]
    assert names(66) == ["time", "mark", "verb", "tenant", "actor"]
    assert names(56) == ["time", "mark", "verb", "actor"]
    assert names(40) == ["time", "mark", "verb", "actor"]


@given(st.integers(45, 300), st.booleans())
def test_columns_never_take_more_than_there_is(width: int, prefixed: bool) -> None:
    columns = lay_out(width, prefixed=prefixed)
    assert 3 + sum(column.width + column.gap for column in columns) <= width


def test_a_row_tells_who_did_what_where_and_how() -> None:
    line = painted(event(5, metadata={"rawAction": "login", "authMethod": "password", "geo": {"country": "DK"}}))
    assert line.split() == ["12:00:05", "login", "-", "user5", "203.0.113.5", "password", "DK"]


def test_a_failure_has_a_mark_and_an_impersonation_has_another() -> None:
    assert " ✗ login_failed" in painted(event(action="authentik.login_failed", outcome="failure"))
    assert " ! impersonation_started" in painted(event(action="authentik.impersonation_started"))
    assert " ! model_updated" in painted(event(action="authentik.model_updated", **ROOT_AS_ANA))
    assert " ⊘ suspicious_request" in painted(event(action="authentik.suspicious_request", outcome="denied"))


def test_done_as_somebody_else_shows_both() -> None:
    assert "root AS ana" in painted(event(**ROOT_AS_ANA))


def test_two_long_names_are_both_seen() -> None:
    made = event(actor_name="annegret.brandt-larsen", on_behalf_of=Person(None, "conceicao.araujo-silva"))
    assert fit_actor(made, 20) == "annegre… AS conceic…"
    assert (
        fit_actor(event(actor_name="root", on_behalf_of=Person(None, "conceicao.araujo")), 18) == "root AS conceicao…"
    )


def test_the_prefix_is_shown_where_there_are_several_sources() -> None:
    assert "authentik.login" in painted(event(), prefixed=True)
    assert "authentik.login" not in painted(event())


def test_the_selected_row_is_marked_without_colour() -> None:
    assert painted(event(), selected=True).startswith("▶")


@pytest.mark.parametrize(
    "name",
    ["\x1b[2J\x1b]0;owned\x07", "ana\u202egro.live", "\x9b31m", "zero\u200bwidth", "é" + "\u0301" * 40, "a\nb\tc\x00"],
)
def test_a_name_that_hides_or_acts_is_flagged_and_harmless(name: str) -> None:
    line = painted(event(actor_name=name))
    assert line[1] == FLAG
    assert line.isprintable()


@given(st.text(max_size=60), st.text(max_size=60), st.integers(60, 160))
@settings(max_examples=80, deadline=None)
def test_any_text_anywhere_fills_its_cells_and_no_more(name: str, other: str, width: int) -> None:
    made = event(
        actor_name=name,
        actor_ip=other,
        tenant_slug=other,
        action=f"authentik.{name}",
        on_behalf_of=Person(None, other),
        metadata={"message": name, "rawAction": "x"},
    )
    assert painted(made, width).isprintable()


def test_wide_characters_keep_the_columns_aligned() -> None:
    line = painted(event(actor_name="田中さくら", tenant_slug="日本"))
    plain = painted(event(actor_name="tanaka", tenant_slug="japan"))
    at = line.index("203.0.113")
    assert cell_len(line[:at]) == plain.index("203.0.113")


def test_gaps_days_and_the_end_are_told_in_words() -> None:
    zone = Zone()
    hole = Hole(Mark("2026-11-24T08:03:00Z", "x"), NOON - timedelta(hours=4, minutes=2), UNREAD, events=420)
    gap = PAINTER.mark(GapLine(hole), 90, zone, "filling, about 12 pages left", "").text
    assert "~ not read yet: 07:58 to 08:03, about 420 events" in gap
    assert gap.rstrip().endswith("filling, about 12 pages left")
    below = Hole(Mark("2026-11-24T08:03:00Z", "x"), None, UNREAD)
    assert "everything before 08:03 of 24 Nov" in PAINTER.mark(GapLine(below), 90, zone, "", "").text
    assert "── Tue 24 Nov 2026 ─" in PAINTER.mark(DayLine(NOON.date()), 90, zone, "", "").text
    assert "beginning of the log" in PAINTER.mark(EndLine(), 90, zone, "", "beginning of the log").text
    for line in (GapLine(hole), GapLine(below), DayLine(NOON.date()), EndLine()):
        for width in (30, 60, 90):
            assert PAINTER.mark(line, width, zone, "filling", "end").cell_length == width

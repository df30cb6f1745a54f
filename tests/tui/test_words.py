"""Moments, jumps, keys and filters: what is typed and what is shown."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.errors import QueryError
from dezky_audit_tui.model.instants import parse_instant
from dezky_audit_tui.model.query_match import matches
from dezky_audit_tui.model.query_parse import parse_query
from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.keymap import KEYS, footer_keys, readme_table
from dezky_audit_tui.tui.prompts import filters
from dezky_audit_tui.tui.prompts.jump import fault_of_jump, parse_jump
from dezky_audit_tui.tui.screens.main import MainScreen
from dezky_audit_tui.tui.words.zone import Zone, age, clock
from tests.tui.rows import NOON, event

UTC_ZONE = Zone()
COPENHAGEN = Zone("local", ZoneInfo("Europe/Copenhagen"))
README = Path(__file__).parents[2] / "README.md"


def test_the_three_ways_to_show_moments_come_one_after_the_other() -> None:
    zone = UTC_ZONE
    labels = []
    for _ in range(4):
        labels.append(zone.label(NOON))
        zone = Zone(zone.next().mode, ZoneInfo("Europe/Copenhagen"))
    assert labels == ["UTC", "CET", "ages, UTC", "UTC"]


def test_local_time_knows_summer_time_of_its_day() -> None:
    assert COPENHAGEN.time(NOON, NOON) == "13:00:00"
    assert COPENHAGEN.time(parse_instant("2026-07-01T12:00:00Z"), NOON) == "14:00:00"
    assert COPENHAGEN.exact(NOON) == "Tue 24 Nov 2026 13:00:00.000 CET"


def test_ages_and_countdowns_are_short() -> None:
    assert [age(seconds) for seconds in (0.2, 4, 60, 3599, 7200, 200_000)] == [
        *("now", "4 s", "1 min", "59 min", "2 h", "2 d"),
    ]
    assert [clock(seconds) for seconds in (-3, 0.2, 38, 725, 3720)] == ["0:00", "0:01", "0:38", "12:05", "1:02:00"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("11:30", "2026-11-24T11:30:00Z"),
        ("14:30", "2026-11-23T14:30:00Z"),
        ("yesterday 9:00", "2026-11-23T09:00:00Z"),
        ("today 9:00:05", "2026-11-24T09:00:05Z"),
        ("yesterday", "2026-11-23T00:00:00Z"),
        ("2h", "2026-11-24T10:00:00Z"),
        ("-90 min", "2026-11-24T10:30:00Z"),
        ("3d ago", "2026-11-21T12:00:00Z"),
        ("2026-11-20", "2026-11-20T00:00:00Z"),
        ("2026-11-20T08:00", "2026-11-20T08:00:00Z"),
        ("2026-11-20T08:00+01:00", "2026-11-20T07:00:00Z"),
    ],
)
def test_a_jump_is_typed_as_an_operator_would_say_it(typed: str, meant: str) -> None:
    assert parse_jump(typed, NOON, UTC_ZONE) == parse_instant(meant)


def test_a_jump_is_read_on_the_wall_clock_that_is_shown() -> None:
    assert parse_jump("11:30", NOON, COPENHAGEN) == parse_instant("2026-11-24T10:30:00Z")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    """This machine in Copenhagen: its zone as the system has it."""
    monkeypatch.setenv("TZ", "Europe/Copenhagen")
    time.tzset()
    yield Zone("local")
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("typed", "now", "meant"),
    [
        ("23:00", "2026-10-25T12:00:00Z", "2026-10-24T21:00:00Z"),
        ("23:00", "2026-03-29T12:00:00Z", "2026-03-28T22:00:00Z"),
        ("yesterday 12:00", "2026-10-25T12:00:00Z", "2026-10-24T10:00:00Z"),
        ("2:30", "2026-10-25T12:00:00Z", "2026-10-25T01:30:00Z"),
        ("2:30", "2026-10-25T00:45:00Z", "2026-10-25T00:30:00Z"),
        ("2026-07-01T12:00", "2026-11-24T12:00:00Z", "2026-07-01T10:00:00Z"),
        ("2h", "2026-10-25T02:00:00Z", "2026-10-25T00:00:00Z"),
    ],
)
def test_a_jump_knows_the_days_on_which_clocks_change(here: Zone, typed: str, now: str, meant: str) -> None:
    for zone in (COPENHAGEN, here):
        assert parse_jump(typed, parse_instant(now), zone) == parse_instant(meant)


def test_the_hour_that_comes_twice_is_told_apart_by_the_name_of_its_zone(here: Zone) -> None:
    first, second = parse_instant("2026-10-25T00:30:00Z"), parse_instant("2026-10-25T01:30:00Z")
    for zone in (COPENHAGEN, here):
        assert zone.second(first) == "Sun 25 Oct 2026 02:30:00 CEST"
        assert zone.second(second) == "Sun 25 Oct 2026 02:30:00 CET"
        assert zone.label(first) == "CEST"
        assert zone.label(second) == "CET"


@given(st.text(max_size=30))
def test_what_is_no_moment_is_told_and_raises_nothing_else(typed: str) -> None:
    fault = fault_of_jump(typed, NOON, UTC_ZONE)
    if typed.strip() and fault is None:
        assert parse_jump(typed, NOON, UTC_ZONE).tzinfo is not None
    else:
        assert fault is None or "14:30" in fault.message


def test_every_key_has_an_action_and_every_action_a_help() -> None:
    for key in KEYS:
        name = key.action.partition("(")[0]
        assert name.startswith("app.") or hasattr(MainScreen, f"action_{name}"), name
        assert key.help
        assert len(key.label.split()) <= 3
    pressed = [one for key in KEYS for one in key.keys.split(",")]
    assert len(pressed) == len(set(pressed))
    assert ("r", "tick now") in footer_keys("timeline")


def test_the_readme_lists_the_keys_as_they_are() -> None:
    text = README.read_text(encoding="utf-8")
    listed = text.partition("<!-- keys: made from dezky_audit_tui/tui/keymap.py -->")[2].partition("<!-- /keys -->")[0]
    listed = listed.strip()
    assert listed == readme_table()


@given(
    st.text(min_size=1, max_size=20).filter(lambda text: "\x00" not in text),
    st.sampled_from(["actor", "tenant"]),
)
def test_a_pivot_finds_its_own_row_whatever_the_names_are(name: str, field: filters.PivotField) -> None:
    made = event(actor_name=name, tenant_slug=name)
    try:
        query = filters.with_pivot(parse_query("", now=NOON), made, field, NOON)
    except QueryError:
        return  # the language says no in words, which the screen shows
    assert matches(query, made)
    assert not matches(query, event(actor_name="somebody else", tenant_slug="other"))


def test_a_pivot_takes_the_place_of_the_one_before_it_of_the_same_field() -> None:
    query = filters.with_pivot(parse_query("Tenant:globex verb:login", now=NOON), event(0), "tenant", NOON)
    assert query.text == "verb:login tenant:acme"
    assert filters.with_pivot(query, event(2), "tenant", NOON).text == "verb:login tenant:none"


def test_the_last_term_is_turned_around_and_taken_away() -> None:
    query = parse_query("tenant:acme verb:login", now=NOON)
    turned = filters.with_last_negated(query, NOON)
    assert turned.text == "tenant:acme !verb:login"
    assert filters.with_last_negated(turned, NOON) == query
    assert filters.without_last(query).text == "tenant:acme"
    assert filters.without_last(parse_query("", now=NOON)).terms == ()


def test_a_fault_of_a_filter_names_the_place_and_the_nearest_word() -> None:
    fault = filters.fault_of("verb:login tennant:acme", NOON)
    assert fault is not None
    assert fault.place == 11
    assert "tenant" in fault.message
    assert filters.fault_of("verb:login tenant:acme", NOON) is None


def test_a_term_that_would_act_on_a_terminal_never_stands_in_the_line_that_is_typed_in() -> None:
    query = filters.with_pivot(parse_query("verb:login", now=NOON), event(actor_name="a\x1b[2Jb"), "actor", NOON)
    text, locked = filters.typable(query)
    assert text == "verb:login"
    assert len(locked) == 1
    assert visible(text) == text


def test_since_is_meant_from_now() -> None:
    query = parse_query("since:2h", now=NOON)
    assert matches(query, event(seconds=-3600))
    assert not matches(query, event(seconds=-7300))
    assert NOON - timedelta(hours=2) == query.terms[0].condition.at  # type: ignore[union-attr]

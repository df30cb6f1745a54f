"""What the detail and the list tell of sessions, bursts and origins: nothing hostile, nothing too wide."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from dezky_audit_tui.insight.bursts import BurstBook
from dezky_audit_tui.insight.first_seen import Novelty, Sighting
from dezky_audit_tui.model.event import Person
from dezky_audit_tui.tui.screens.sessions import listed, session_lines
from dezky_audit_tui.tui.words.facts import Findings, facts_of
from dezky_audit_tui.tui.words.pieces import text_of
from dezky_audit_tui.tui.words.zone import Zone
from tests.insight.samples import NOON, at, failed, login
from tests.tui.test_strip import session

UTC = Zone()


def told(findings: Findings) -> list[str]:
    return [f"{label}: {words}" for label, words, _ in facts_of(findings, UTC, NOON)]


def test_an_open_session_tells_since_when_and_what_for() -> None:
    opened = replace(session(7.2), reason="ticket 42", actions=3)
    assert told(Findings(session=opened)) == [
        "session: root AS ana 00:07:12 open",
        ": since Tue 24 Nov 2026 11:52:48 UTC",
        ": 3 actions in it   reason: ticket 42",
    ]


def test_a_session_of_which_only_the_middle_was_seen_says_so() -> None:
    assert "its start was not seen" in told(Findings(session=session(5, started=False)))[1]


def test_a_burst_names_accounts_addresses_and_who_got_in() -> None:
    book = BurstBook()
    book.add_all([*(failed(number) for number in range(6)), login(9)])
    lines = told(Findings(burst=book.bursts()[0]))
    assert lines[0] == "guessing: 6 failed, then OK, 00:00:09"
    assert ": 1 name: ana" in lines
    assert ": from 198.51.100.4" in lines
    assert any("got in as ana" in line for line in lines)
    assert "Not a full record" in lines[-1]


def test_what_is_new_is_told_with_a_doubt_where_not_all_is_read() -> None:
    novelty = Novelty(new_address=True, new_country=True, country="BR", last=Sighting(at(-60), "203.0.113.7", "SE"))
    lines = told(Findings(novelty=novelty, unread=2))
    assert lines[0] == "origin: + new country BR, last seen in SE on Tue 24 Nov 2026 11:59:00 UTC"
    assert "not all" in lines[1]
    assert len(told(Findings(novelty=novelty))) == 1


def test_an_event_that_is_like_all_others_has_no_facts() -> None:
    assert told(Findings(privilege="impersonation", novelty=Novelty())) == []


NAMES = st.text(min_size=1, max_size=80)


@given(NAMES, NAMES, NAMES)
def test_no_text_from_outside_acts_on_the_terminal(admin: str, behalf: str, reason: str) -> None:
    one = replace(session(5, admin, behalf), reason=reason, address=reason, tenant=reason)
    who = Person("5", admin)
    book = BurstBook()
    book.add_all([*(failed(number, who, ip=behalf) for number in range(6)), login(9, who, ip=behalf)])
    novelty = Novelty(new_country=True, country=reason, last=Sighting(at(-60), behalf, admin))
    for line in told(Findings("mfa_removed", one, book.bursts()[0], novelty)):
        assert line.isprintable()
    for width in (60, 76, 115):
        for line in session_lines([one], 0, UTC, NOON, width)[0]:
            assert text_of(line).isprintable()
            assert cell_len(text_of(line)) <= width


@pytest.mark.parametrize("width", [56, 76, 116, 196])
def test_at_every_width_a_session_is_told_whole(width: int) -> None:
    long = session(5, "jonas.weber", "soren.ostergaard")
    one = replace(long, reason="ticket 5120: calendar empty", tenant="nordlys")
    lines, starts = session_lines([one, session(9)], 1, UTC, NOON, width)
    texts = [text_of(line).rstrip() for line in lines]
    first = " ".join(texts[starts[0] : starts[1]])
    for words in ("jonas.weber", "open", "00:05:00", "0 actions", "nordlys", "ticket 5120: calendar empty"):
        assert words in " ".join(first.split())
    assert "soren.ostergaard" in first or width == 76
    assert texts[starts[1]].startswith("▶!")


def test_all_open_ones_are_listed_and_the_newest_of_the_others() -> None:
    ended = [replace(session(60 + at), ended_at=NOON - timedelta(minutes=at), how="ended") for at in range(600)]
    opened = [session(5000 + at) for at in range(700)]
    found = listed([*opened, *ended])  # type: ignore[list-item]  # `how` is one of the literals
    assert found[:700] == opened
    assert len(found) == 1200

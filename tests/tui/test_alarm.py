"""Who is called for, and that no name can act on the terminal through a notification."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.model.event import Person
from dezky_audit_tui.tui.terminal.alarm import Notify, notice_text, notification, worth_calling
from tests.insight.samples import NOON
from tests.tui.test_strip import session

WHOLE: dict[Notify, str] = {
    "osc9": r"\x1b\]9;dezky audit: [^\x00-\x1f\x7f-\x9f;]*\x07",
    "osc777": r"\x1b\]777;notify;dezky audit;[^\x00-\x1f\x7f-\x9f;]*\x07",
}


def test_a_start_that_just_came_calls() -> None:
    assert worth_calling([session(1)], NOON) == [session(1)]


def test_one_that_ended_long_ago_and_is_read_only_now_does_not() -> None:
    ended = replace(session(300), ended_at=NOON - timedelta(minutes=280), how="ended")
    left_open = session(3 * 1440)
    assert worth_calling([ended, left_open], NOON) == []


def test_the_words_name_who_as_whom_and_why() -> None:
    assert notice_text([replace(session(1), reason="ticket 42")]) == "impersonation: root AS ana, ticket 42"
    for begun in ([session(1, behalf="bob"), session(2)], [session(2), session(1, behalf="bob")]):
        assert notice_text(begun) == "2 impersonations, the latest root AS bob"


def test_nothing_is_sent_where_nothing_is_wanted() -> None:
    assert notification("off", "impersonation: root AS ana") == ""


def test_tmux_hands_it_through() -> None:
    assert notification("osc9", "x", in_tmux=True) == "\x1bPtmux;\x1b\x1b]9;dezky audit: x\x07\x1b\\"


@pytest.mark.parametrize("way", WHOLE)
@given(name=st.text(max_size=300), reason=st.text(max_size=300))
def test_no_name_ends_the_sequence_or_begins_another(way: Notify, name: str, reason: str) -> None:
    begun = replace(session(1), admin=Person("1", name), reason=reason)
    sequence = notification(way, notice_text([begun]))
    assert re.fullmatch(WHOLE[way], sequence)
    assert len(sequence) < 200 * 8


@pytest.mark.parametrize("name", ["\x1b]0;owned\x07", "a\x9c\x1b\\", "4;1;50", "x;y", "\x07", "\n\r"])
def test_hostile_names_are_shown_as_glyphs(name: str) -> None:
    for way, whole in WHOLE.items():
        assert re.fullmatch(whole, notification(way, notice_text([session(1, admin=name)])))

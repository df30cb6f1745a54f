"""What is offered at the caret of a filter, and what was typed before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.tui.prompts.completion import Known, Offer, Spot, is_whole, known_of, offers_at, spot_at
from dezky_audit_tui.tui.prompts.history import History

KNOWN = known_of(
    {"acme": 12, "globex": 5},
    ["acme", "quiet"],
    {"authentik.login": 9, "platform.login": 1, "authentik.login_failed": 4},
    {"authentik": 13},
)


@pytest.mark.parametrize(
    ("text", "spot"),
    [
        ("", Spot(0, None, "")),
        ("ten", Spot(0, None, "ten")),
        ("tenant:", Spot(7, "tenant", "")),
        ("verb:login tenant:ac", Spot(18, "tenant", "ac")),
        ("!tenant:ac", Spot(8, "tenant", "ac")),
        ("tenant:acme,gl", Spot(12, "tenant", "gl")),
        ('actor:"Ana L', Spot(6, "actor", "Ana L")),
        ('actor:"a,b",c', Spot(12, "actor", "c")),
        ('"two words" ver', Spot(12, None, "ver")),
    ],
)
def test_the_spot_is_the_word_before_the_caret(text: str, spot: Spot) -> None:
    assert spot_at(text, len(text)) == spot


def offered(text: str, known: Known = KNOWN) -> list[str]:
    return [offer.text for offer in offers_at(spot_at(text, len(text)), known)]


def test_fields_are_offered_by_their_beginning() -> None:
    assert offered("t") == ["tenant:", "target:"]
    assert offered("!ve") == ["verb:"]
    assert "since:" in offered("")
    assert offered("tennant") == []


def test_values_are_what_the_store_holds_with_their_counts() -> None:
    assert offers_at(spot_at("tenant:", 7), KNOWN)[0] == Offer("acme", 12)
    assert offered("tenant:q") == ["quiet"]
    assert offered("tenant:no") == ["none"]
    assert offered("verb:lo") == ["login", "login_failed"]
    assert offered("verb:authentik.l") == ["authentik.login", "authentik.login_failed"]
    assert offered("verb:ailed") == ["login_failed"]
    assert offered("outcome:fa") == ["failure"]
    assert offered("is:un") == ["unmapped", "unresolved"]
    assert offered("since:2") == ["24h"]
    assert offered("source:a") == ["authentik"]


def test_a_verb_by_its_last_word_counts_every_source() -> None:
    assert offers_at(spot_at("verb:login", 10), KNOWN)[0] == Offer("login", 10)


def test_what_is_typed_whole_is_not_offered_again() -> None:
    assert offered("tenant:globex") == []
    assert offered("outcome:failure") == []


def test_odd_values_are_quoted_and_those_that_act_on_a_terminal_left_out() -> None:
    known = Known().with_values("actor", ["Ana Lund", 'say "hi"', "bad\x1b[31m", "none"])
    assert offered("actor:", known) == ['"Ana Lund"', '"say \\"hi\\""', "none"]


def test_a_word_is_whole_where_it_is_known_or_begins_nothing() -> None:
    for text, whole in (("tenant:ac", False), ("tenant:acme", True), ("tenant:zz", True), ("ver", False), ("", True)):
        assert is_whole(spot_at(text, len(text)), KNOWN) is whole, text
    assert is_whole(spot_at("verb:login", 10), KNOWN)


@given(st.text(max_size=40), st.integers(0, 40))
def test_any_text_has_a_spot_within_it(text: str, caret: int) -> None:
    spot = spot_at(text, caret)
    assert 0 <= spot.start <= min(caret, len(text))
    offers_at(spot, KNOWN)


def test_history_goes_back_and_comes_again_to_what_was_being_typed() -> None:
    history = History()
    for text in ("one", "two", "one", "  "):
        history.add(text)
    assert history.older("dra") == "one"
    assert history.older("one") == "two"
    assert history.older("two") is None
    assert history.newer() == "one"
    assert history.newer() == "dra"
    assert history.newer() is None


def test_what_stands_there_already_is_not_the_text_before_it() -> None:
    history = History()
    history.add("one")
    history.add("two")
    assert history.older("two") == "one"


def test_a_value_that_is_typed_as_a_whole_is_offered_first_though_longer_ones_are_more_frequent() -> None:
    known = known_of({"acme-europe": 9, "acme": 1}, [], {"authentik.login_failed": 9, "authentik.login": 1}, {})
    assert offered("tenant:acme", known) == ["acme", "acme-europe"]
    assert offered("verb:LOGIN", known) == ["login", "login_failed"]

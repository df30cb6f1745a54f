"""Impersonation as sessions: who was whom, since when, until when, and what was done in between."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.insight.kinds import client_of, kind_of, person_key, place_of
from dezky_audit_tui.insight.session_fold import IN_FLIGHT, Session
from dezky_audit_tui.insight.sessions import SessionBook
from dezky_audit_tui.model.event import AuditEvent, Person
from tests.insight.samples import ANA, BOB, FIREFOX, ROOT, SCRIPT, acted, at, ended, event, started
from tests.sources.replies import VERSIONS, changed, recorded, translated


def sessions_of(*events: AuditEvent) -> list[Session]:
    book = SessionBook()
    book.add_all(events)
    return book.sessions()


def only(*events: AuditEvent) -> Session:
    (session,) = sessions_of(*events)
    return session


def test_what_many_events_say_of_a_few_people_is_held_once() -> None:
    def read_anew(text: str) -> str:
        return "".join(list(text))

    book = SessionBook()
    for number in range(2):
        admin = Person(read_anew("30"), read_anew("helpdesk"), read_anew("help@ops.example"))
        book.add(started(number * 60, ANA, admin, agent=read_anew(FIREFOX), ip=read_anew("203.0.113.7")))
    one, other = book.sessions()
    assert one.admin is other.admin
    assert one.behalf is other.behalf
    assert one.address is other.address


# What real servers recorded


@pytest.mark.parametrize("version", VERSIONS)
def test_a_recorded_start_and_its_end_are_one_session(version: str) -> None:
    start, end = recorded(version, "impersonation_started")[0], recorded(version, "impersonation_ended")[0]
    session = only(*translated(start, end))
    assert (session.admin.name, session.behalf) == ("akadmin", Person("6", "bob", "bob@example.test"))
    assert (session.how, session.reason, session.is_open) == ("ended", "ticket 4711", False)
    assert timedelta(seconds=1) < session.age(session.last_at) < timedelta(seconds=2)


def test_recorded_a_start_by_token_stays_open_and_the_browsers_ends_by_its_logout() -> None:
    _, by_token, second = recorded("2025.8.6", "impersonation_started")
    logout = recorded("2025.8.6", "logout")[1]
    token, browser = sessions_of(*translated(by_token, second, logout))
    assert (token.reason, token.is_open, token.actions) == ("token", True, 0)
    assert (browser.reason, browser.how) == ("second", "logout")


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_recorded_through_the_api_and_through_a_form_belongs_to_the_session(version: str) -> None:
    start = recorded(version, "impersonation_started")[0]
    admin = {name: value for name, value in start["user"].items() if name != "on_behalf_of"}
    bob = start["user"]["on_behalf_of"]
    api = changed(start, pk="a" * 8, action="model_updated", created="2026-11-24T03:30:00Z")
    form = changed(start, pk="b" * 8, action="user_write", created="2026-11-24T03:31:00.5Z")
    form["user"] = {**bob, "authenticated_as": {**admin, "on_behalf_of": bob}}
    events = translated(start, api, form)
    book = SessionBook()
    book.add_all(events)
    session = only(*events)
    assert (session.actions, session.is_open) == (2, True)
    assert [book.session_of(each) for each in events] == [session] * 3


# How sessions begin and end


def test_an_end_closes_the_session_of_its_client() -> None:
    browser, other = started(0, ip="203.0.113.1"), started(5, BOB, ip="203.0.113.9")
    open_one, closed = sessions_of(browser, other, ended(60, ip="203.0.113.1"))
    assert (closed.behalf, closed.how, closed.ended_at) == (ANA, "ended", at(60))
    assert (open_one.behalf, open_one.is_open) == (BOB, True)


def test_an_end_from_another_address_of_the_same_browser_closes_it_too() -> None:
    assert only(started(0), ended(60, ip="192.0.2.77")).how == "ended"


def test_an_end_from_another_program_closes_nothing_of_a_script() -> None:
    script, orphan = sessions_of(started(0, agent=SCRIPT, ip="127.0.0.1"), ended(60))
    assert script.is_open
    assert (orphan.started_at, orphan.behalf, orphan.how) == (None, None, "ended")


def test_a_new_start_of_the_same_client_ends_the_old_session() -> None:
    new, old = sessions_of(started(0, ANA), acted(5), started(10, BOB), acted(15, BOB))
    assert (old.behalf, old.how, old.ended_at, old.actions) == (ANA, "new_start", at(10), 1)
    assert (new.behalf, new.is_open, new.actions) == (BOB, True, 1)


def test_a_logout_ends_it_only_while_impersonating() -> None:
    elsewhere = event("logout", 30, ROOT)
    assert only(started(0), elsewhere).is_open
    assert only(started(0), event("logout", 30, ROOT, behalf=ANA)).how == "logout"


def test_one_that_never_ends_grows_old_and_comes_first() -> None:
    left, done = sessions_of(started(0, ANA, ip="192.0.2.1"), started(50, BOB), ended(60))
    assert (left.behalf, left.is_open, done.is_open) == (ANA, True, False)
    assert left.age(at(400_000)) == timedelta(seconds=400_000)


def test_what_was_done_before_the_start_is_seen_makes_an_open_session_with_no_start() -> None:
    session = only(acted(10), acted(20))
    assert (session.started_at, session.first_at, session.is_open, session.actions) == (None, at(10), True, 2)
    assert only(acted(10), ended(20)).how == "ended"


def test_a_start_that_comes_late_takes_what_was_done_after_it() -> None:
    book = SessionBook()
    book.add(acted(10))
    assert book.sessions()[0].started_at is None
    book.add(started(5))
    (session,) = book.sessions()
    assert (session.started_at, session.actions) == (at(5), 1)


def test_a_request_in_flight_when_it_ended_opens_nothing() -> None:
    late = IN_FLIGHT.total_seconds() - 1
    assert only(started(0), ended(60), acted(60 + late)).actions == 1
    assert len(sessions_of(started(0), ended(60), acted(60 + late + 2))) == 2


def test_two_administrators_do_not_mix() -> None:
    other = Person("4", "mette")
    mine, theirs = sessions_of(started(0), started(1, BOB, other), ended(9, other))
    assert (mine.admin, mine.is_open, theirs.admin, theirs.how) == (ROOT, True, other, "ended")


def test_the_same_event_again_changes_nothing() -> None:
    events = [started(0), acted(5), ended(9)]
    assert sessions_of(*events, *events) == sessions_of(*events)


def test_an_event_that_has_nothing_to_do_with_it_is_refused() -> None:
    book = SessionBook()
    assert not book.add(event("login"))
    assert not book.add(event("impersonation_started", actor=None))
    assert len(book) == 0
    assert book.session_of(event("login")) is None


# In any order, in little memory

CLIENTS = [("203.0.113.1", "A"), ("203.0.113.2", "A"), ("203.0.113.1", "B"), ("127.0.0.1", "script")]


@st.composite
def lives(draw: st.DrawFn) -> list[AuditEvent]:
    """Up to 14 events of one or two administrators, at distinct moments."""
    kinds = draw(st.lists(st.sampled_from(["start", "end", "logout", "act", "act"]), max_size=14))
    events = []
    for number, kind in enumerate(kinds):
        ip, agent = draw(st.sampled_from(CLIENTS))
        admin, whom = draw(st.sampled_from([ROOT, ROOT, Person("4", "mette")])), draw(st.sampled_from([ANA, BOB]))
        seconds = number * draw(st.sampled_from([1.0, 30.0]))
        more: dict[str, Any] = {"ip": ip, "agent": agent, "id": f"e{number:02}"}
        raw = {"start": "impersonation_started", "end": "impersonation_ended", "logout": "logout", "act": "user_write"}
        behalf = whom if kind != "end" or draw(st.booleans()) else None
        events.append(event(raw[kind], seconds + number / 1000, admin, behalf=behalf, **more))
    return sorted(events, key=place_of)


def reference(events: list[AuditEvent]) -> list[dict[str, Any]]:
    """The rules word by word: at each event, look at all sessions so far."""
    sessions: list[dict[str, Any]] = []
    for each in sorted(events, key=place_of):
        kind, client, moment = kind_of(each), client_of(each), place_of(each)[0]
        whom = person_key(each.on_behalf_of) if each.on_behalf_of else None
        mine = [s for s in sessions if s["admin"] == each.actor_id]
        running = [s for s in mine if s["how"] is None]
        found = None
        if kind == "impersonation_started":
            for session in running:
                if session["client"] == client:
                    session |= {"how": "new_start", "ended": moment}
        elif kind in ("impersonation_ended", "logout"):
            same_agent = [s for s in running if s["client"][1] == client[1]]
            if kind == "logout":
                same_agent = [s for s in same_agent if s["whom"] in (whom, None)]
            same_client = [s for s in same_agent if s["client"] == client]
            there = same_client or same_agent
            found = ([s for s in there if s["whom"] == whom] or there or [None])[-1]
        else:
            as_them = [s for s in running if s["whom"] == whom]
            same_client = [s for s in as_them if s["client"] == client]
            same_agent = [s for s in as_them if s["client"][1] == client[1]]
            found = ((same_client or same_agent or as_them) or [None])[-1]
            if found is None:
                over = [s for s in mine if s["how"] and s["whom"] == whom and moment - s["ended"] <= IN_FLIGHT]
                found = over[-1] if over else None
        if found is None:
            found = {"admin": each.actor_id, "client": client, "whom": whom, "how": None, "ended": None, "actions": 0}
            found |= {"first": moment, "started": kind == "impersonation_started"}
            sessions.append(found)
        if kind in ("impersonation_ended", "logout"):
            found |= {"how": "ended" if kind == "impersonation_ended" else "logout", "ended": moment}
        elif kind != "impersonation_started":
            found["actions"] += 1
        found["whom"] = found["whom"] or whom
    return sessions


def told(session: Session) -> tuple[Any, ...]:
    whom = person_key(session.behalf) if session.behalf else None
    began = session.first_at, session.started_at is not None
    return session.admin.id, whom, *began, session.how, session.ended_at, session.actions


@given(lives(), st.randoms(use_true_random=False))
def test_any_order_tells_what_the_plain_rules_tell(events: list[AuditEvent], chance: Random) -> None:
    shuffled = events * 2
    chance.shuffle(shuffled)
    book = SessionBook()
    for number, each in enumerate(shuffled):
        book.add(each)
        if number % 3 == 0:
            book.sessions()
    wanted = [
        (s["admin"], s["whom"], s["first"], s["started"], s["how"], s["ended"], s["actions"]) for s in reference(events)
    ]
    assert sorted(map(told, book.sessions()), key=repr) == sorted(wanted, key=repr)
    sessions = book.sessions()
    assert [each.is_open for each in sessions] == sorted((each.is_open for each in sessions), reverse=True)
    for each in events:
        session = book.session_of(each)
        assert session in sessions
        assert session is not None
        assert session.first_at <= place_of(each)[0] <= session.last_at


@given(lives(), st.randoms(use_true_random=False), st.integers(1, 6), st.sampled_from(["newest", "oldest", "any"]))
def test_what_is_left_out_for_want_of_room_never_was_open(
    events: list[AuditEvent], chance: Random, limit: int, order: str
) -> None:
    arriving = list(events)
    if order == "any":
        chance.shuffle(arriving)
    elif order == "newest":
        arriving.reverse()
    book = SessionBook(limit)
    for each in arriving:
        book.add(each)
    admins_last = {each.actor_id: each for each in events}
    for each in admins_last.values():
        if kind_of(each) == "impersonation_started":
            assert any(session.is_open and session.started_at == place_of(each)[0] for session in book.sessions())


def test_a_year_of_sessions_takes_bounded_memory_and_hides_none_that_is_open() -> None:
    book = SessionBook(limit=500)
    book.add(started(0, BOB, ip="192.0.2.9", agent="left open"))
    for number in range(3_000):
        book.add_all([started(number * 100 + 1), acted(number * 100 + 2), ended(number * 100 + 3)])
        assert len(book) <= 560
    assert [session.behalf for session in book.open()] == [BOB]
    # Even read backwards, as history is: the old starts were ended, though their ends are forgotten.
    for number in reversed(range(3_000)):
        book.add(started(number * 100 + 1, id=f"again-{number}"))
    assert [session.behalf for session in book.open()] == [BOB]


def test_the_actions_of_one_endless_session_are_counted_when_they_are_no_longer_held() -> None:
    book = SessionBook(limit=100)
    book.add(started(0))
    for number in range(5_000):
        book.add(acted(1 + number))
    (session,) = book.sessions()
    assert (session.actions, session.last_at, session.is_open) == (5_000, at(5_000), True)
    assert len(book) <= 120

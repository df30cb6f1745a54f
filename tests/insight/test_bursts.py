"""Guessing: failed logins grouped, successes marked, spraying told apart from an office that mistypes."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.insight.bursts import NAMED, Burst, BurstBook
from dezky_audit_tui.insight.kinds import kind_of, place_of
from dezky_audit_tui.insight.run_fold import Rules
from dezky_audit_tui.insight.words import burst_text
from dezky_audit_tui.model.event import AuditEvent, Person
from tests.insight.samples import ANA, BOB, at, event, failed, login
from tests.sources.replies import VERSIONS, recorded, translated

BAD, OTHER, OFFICE = "198.51.100.4", "198.51.100.5", "203.0.113.1"


def bursts_of(*events: AuditEvent) -> list[Burst]:
    book = BurstBook()
    book.add_all(events)
    return book.bursts()


def only(*events: AuditEvent) -> Burst:
    (burst,) = bursts_of(*events)
    return burst


def people(count: int) -> list[Person]:
    return [Person(str(100 + number), f"user{number}") for number in range(count)]


@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_failures_are_read_by_the_account_that_was_meant(version: str) -> None:
    raw = recorded(version, "login_failed")
    book = BurstBook(Rules(minimum=1, gap=timedelta(hours=1)))
    known, unknown = translated(*raw[:2])
    book.add_all([known, unknown])
    assert {burst.names for burst in book.bursts()} == {("alice",), ("nosuchuser",)}
    assert {book.burst_of(known) is None, book.burst_of(unknown) is None} == {False}


def test_a_burst_that_gets_in_is_one_and_says_how_long_it_took() -> None:
    tries = [failed(number * 10) for number in range(14)]
    burst = only(*tries, login(190))
    assert (burst.kind, burst.failures, burst.succeeded, burst.names) == ("account", 14, True, ("ana",))
    assert burst_text(burst) == "14 failed, then OK, 00:03:10"


def test_each_of_its_rows_leads_to_it_the_success_too() -> None:
    events = [*(failed(number) for number in range(6)), login(9)]
    book = BurstBook()
    book.add_all(events)
    (burst,) = book.bursts()
    assert [book.burst_of(each) for each in events] == [burst] * 7
    assert book.burst_of(login(5_000)) is None
    assert book.burst_of(event("logout")) is None


def test_somebody_who_mistypes_is_no_burst() -> None:
    assert bursts_of(failed(0), failed(5), login(9), failed(400), failed(405), login(409)) == []


def test_the_owner_who_logs_in_from_elsewhere_meanwhile_is_no_success() -> None:
    burst = only(*(failed(number) for number in range(6)), login(3, ip=OFFICE), failed(8))
    assert (burst.failures, burst.succeeded) == (7, False)
    assert burst.elsewhere is not None
    assert burst.elsewhere.address == OFFICE


def test_a_pause_begins_another_burst() -> None:
    late = 6 + Rules().gap.total_seconds()
    second, first = bursts_of(*(failed(number) for number in range(6)), *(failed(late + number) for number in range(5)))
    assert (first.failures, second.failures) == (6, 5)


def test_what_fails_after_a_success_is_another_burst() -> None:
    events = [*(failed(number) for number in range(5)), login(6), *(failed(7 + number) for number in range(5))]
    second, first = bursts_of(*events)
    assert (first.succeeded, second.succeeded, second.first_at) == (True, False, at(7))


def test_many_addresses_on_one_account_are_one_burst() -> None:
    burst = only(*(failed(number, ip=f"198.51.100.{number}") for number in range(30)))
    assert (burst.kind, burst.failures, burst.address_count, len(burst.addresses)) == ("account", 30, 30, NAMED)


def test_many_names_from_one_address_are_spraying_and_told_once() -> None:
    tries = [failed(number * 3, who) for number, who in enumerate(people(8) * 6)]
    burst = only(*tries)
    assert (burst.kind, burst.failures, burst.name_count) == ("spray", 48, 8)
    assert burst_text(burst) == "8 names, 48 failed, 00:02:21"


def test_spraying_that_gets_in_says_so() -> None:
    crowd = people(9)
    tries = [failed(number, who) for number, who in enumerate(crowd)]
    burst = only(*tries, login(30, crowd[4], ip=BAD), login(31, BOB, ip=BAD), login(32, ANA, ip=OFFICE))
    assert (burst.kind, [success.name for success in burst.successes], burst.others) == ("spray", ["user4"], 1)


def test_an_office_whose_people_mistype_and_get_in_does_not_spray() -> None:
    events = []
    for number, who in enumerate(people(40)):
        events += [failed(number * 20, who, ip=OFFICE), login(number * 20 + 8, who, ip=OFFICE)]
    assert bursts_of(*events) == []


def test_a_few_names_from_one_address_are_one_burst_of_the_address() -> None:
    burst = only(*(failed(number, who) for number, who in enumerate(people(3) * 3)))
    assert (burst.kind, burst.failures, burst.name_count) == ("address", 9, 3)


def test_names_that_nobody_has_are_told_apart_by_what_was_typed() -> None:
    typed = [failed(number, Person(name=name)) for number, name in enumerate(["ADMIN", "admin", "root"] * 3)]
    burst = only(*typed)
    assert (burst.kind, burst.failures, burst.name_count) == ("account", 6, 1)


def test_a_login_by_mail_address_fits_what_failed_by_that_name() -> None:
    tries = [failed(number, Person(name="Ana@acme.example")) for number in range(5)]
    assert only(*tries, login(9, ANA)).succeeded


# In any order, in little memory

WHO = [ANA, BOB, Person("7", "eva"), Person(name="admin"), Person(name="Ana@acme.example")]


@st.composite
def attempts(draw: st.DrawFn) -> list[AuditEvent]:
    """Up to 25 attempts at distinct moments, close and far apart."""
    events, seconds = [], 0.0
    for number in range(draw(st.integers(0, 25))):
        seconds += draw(st.sampled_from([1.0, 1.0, 1.0, 59.0, 61.0]))
        make = draw(st.sampled_from([failed, failed, failed, login]))
        who, address = draw(st.sampled_from(WHO)), draw(st.sampled_from([BAD, OTHER, None]))
        events.append(make(seconds, who, address, id=f"e{number:02}"))
    return events


RULES = Rules(gap=timedelta(seconds=60), minimum=3, names=3)


def key(each: AuditEvent) -> tuple[str, str]:
    return ("id", each.actor_id) if each.actor_id else ("name", (each.actor_name or "").casefold())


def callable_by(each: AuditEvent) -> set[tuple[str, str]]:
    names = {("name", text.casefold()) for text in (each.actor_name, each.actor_email) if text}
    return names | {key(each)}


def reference(events: list[AuditEvent]) -> set[tuple[object, ...]]:
    """The rules word by word, by looking at everything again for each burst: (kind, ids of failures, of successes)."""
    failures = [each for each in events if kind_of(each) == "login_failed"]
    logins = [each for each in events if kind_of(each) == "login"]

    def gap(one: AuditEvent, two: AuditEvent) -> timedelta:
        return place_of(two)[0] - place_of(one)[0]

    def split(mine: list[AuditEvent], ends: list[AuditEvent]) -> list[list[AuditEvent]]:
        runs: list[list[AuditEvent]] = []
        for each in mine:
            run = runs[-1] if runs else None
            if run is None or gap(run[-1], each) > RULES.gap or fits(run, each, ends):
                runs.append([each])
            else:
                run.append(each)
        return runs

    def fits(run: list[AuditEvent], before: AuditEvent | None, ends: list[AuditEvent]) -> AuditEvent | None:
        """The first login after the run, or within it, from an address that had failed in it until then."""
        for end in ends:
            until_then = [each for each in run if place_of(each) < place_of(end)]
            if before is not None and place_of(end) > place_of(before):
                return None
            if (
                until_then
                and gap(until_then[-1], end) <= RULES.gap
                and end.actor_ip in {e.actor_ip for e in until_then}
            ):
                return end
        return None

    def ids(some: list[AuditEvent]) -> tuple[str | None, ...]:
        return tuple(each.external_id for each in some)

    def logins_during(run: list[AuditEvent]) -> list[AuditEvent]:
        there = [each for each in logins if each.actor_ip == run[0].actor_ip]
        return [each for each in there if any(place_of(f) < place_of(each) and gap(f, each) <= RULES.gap for f in run)]

    def hits(run: list[AuditEvent], failed_ones: list[AuditEvent]) -> list[AuditEvent]:
        return [
            each
            for each in logins_during(run)
            if any(key(f) in callable_by(each) and place_of(f) < place_of(each) for f in failed_ones)
        ]

    found: set[tuple[object, ...]] = set()
    sprayed: dict[str | None, str] = {}
    rest: list[list[AuditEvent]] = []
    for address in {each.actor_ip for each in failures} - {None}:
        for run in split([each for each in failures if each.actor_ip == address], []):
            got_in = {name for each in logins_during(run) for name in callable_by(each)}
            tried = {key(each) for each in run}
            if len(tried - got_in) >= max(RULES.names, len(tried) / 2):
                found.add(("spray", ids(run), ids(hits(run, run))))
                sprayed.update((each.external_id, f"{run[0].external_id}") for each in run)
            else:
                rest.append(run)
    claimed = set(sprayed)
    for account in {key(each) for each in failures}:
        ends = [each for each in logins if account in callable_by(each)]
        for run in split([each for each in failures if key(each) == account], ends):
            sprays = {sprayed.get(each.external_id) for each in run}
            if len(run) < RULES.minimum or (len(sprays) == 1 and None not in sprays):
                continue
            claimed.update(each.external_id for each in run)
            fitting = fits(run, None, ends)
            found.add(("account", ids(run), ids([fitting] if fitting else [])))
    for run in rest:
        left = [each for each in run if each.external_id not in claimed]
        got_in = {name for each in logins_during(run) for name in callable_by(each)}
        outside = [each for each in left if key(each) not in got_in]
        if len(outside) >= max(RULES.minimum, len(left) / 2):
            found.add(("address", ids(left), ids(hits(run, left))))
    return found


def told(book: BurstBook, events: list[AuditEvent]) -> set[tuple[object, ...]]:
    done = set()
    for burst in book.bursts():
        failures = [each for each in events if kind_of(each) == "login_failed"]
        same = [each for each in failures if burst.first_at <= place_of(each)[0] <= burst.last_at]
        if burst.kind != "account":
            same = [each for each in same if each.actor_ip == burst.addresses[0]]
            if burst.kind == "address":
                same = [each for each in same if book.burst_of(each) == burst]
        else:
            first = next(each for each in same if place_of(each) == burst.key)
            same = [each for each in same if key(each) == key(first)]
        assert len(same) == burst.failures
        ids = tuple(each.external_id for each in same)
        done.add((burst.kind, ids, tuple(success.place[1] for success in burst.successes)))
    return done


@given(attempts(), st.randoms(use_true_random=False))
def test_any_order_tells_what_the_plain_rules_tell(events: list[AuditEvent], chance: Random) -> None:
    shuffled = events * 2
    chance.shuffle(shuffled)
    book = BurstBook(RULES)
    for number, each in enumerate(shuffled):
        book.add(each)
        if number % 4 == 0:
            book.bursts()
    assert told(book, events) == reference(events)


@given(attempts(), st.randoms(use_true_random=False), st.integers(1, 12))
def test_with_little_room_the_newest_attempts_count_in_any_order(
    events: list[AuditEvent], chance: Random, limit: int
) -> None:
    shuffled = list(events)
    chance.shuffle(shuffled)
    book = BurstBook(RULES, limit)
    for each in shuffled:
        book.add(each)
        assert len(book) <= limit
    newest = sorted(events, key=place_of)[-limit:]
    assert told(book, newest) == reference(newest)


def test_what_began_before_the_oldest_known_attempt_says_so() -> None:
    book = BurstBook(limit=50)
    book.add_all([failed(number) for number in range(80)])
    (burst,) = book.bursts()
    assert (burst.failures, burst.cut) == (50, True)
    assert "50 or more failed" in burst_text(burst)

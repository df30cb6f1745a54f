"""Whether an address, its network or its country is new for the one who comes from it: asked of a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dezky_audit_tui.insight import first_seen
from dezky_audit_tui.insight.first_seen import KNOWN, FirstSeen, Novelty, network_of, novelty_among
from dezky_audit_tui.insight.words import novelty_text
from dezky_audit_tui.model.event import AuditEvent, Person, Position, Row
from dezky_audit_tui.model.query import EVERYTHING, Query
from dezky_audit_tui.store.sqlite.store import SqliteStore
from tests.insight.samples import ANA, BOB, at, event, failed, login
from tests.store.samples import put

SE, BR = {"geo": {"country": "SE"}}, {"geo": {"country": "BR"}}
HOME, SAME_NET, AWAY = "203.0.113.7", "203.0.113.9", "198.51.100.4"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "audit.db")
    await opened.open()
    yield opened
    await opened.close()


async def newest(store: SqliteStore, *events: AuditEvent) -> Row:
    await put(store, *events)
    (row,) = await store.older(EVERYTHING, None, 1)
    return row


async def told(store: SqliteStore, *events: AuditEvent) -> Novelty:
    novelty = await FirstSeen(store).novelty(await newest(store, *events))
    assert novelty is not None
    return novelty


async def test_an_address_in_a_known_network_is_new_alone(store: SqliteStore) -> None:
    novelty = await told(store, login(0, ip=HOME, **SE), login(60, ip=SAME_NET, **SE))
    assert (novelty.widest, novelty.new_network) == ("address", False)
    assert novelty_text(novelty) == "new address, last seen at 203.0.113.7 on 2026-11-24"


async def test_a_new_network_and_a_new_country_are_told_with_the_last_place(store: SqliteStore) -> None:
    novelty = await told(store, login(0, ip=HOME, **SE), login(60, ip=AWAY, **BR))
    assert (novelty.new_address, novelty.new_network, novelty.new_country) == (True, True, True)
    assert novelty.last is not None
    assert (novelty.last.at, novelty.last.address, novelty.last.country) == (at(0), HOME, "SE")
    assert novelty_text(novelty, moment="Monday") == "new country BR, last seen in SE on Monday"
    assert novelty_text(replace(novelty, new_country=False)) == (
        "new network 198.51.100.0/24, last seen at 203.0.113.7 on 2026-11-24"
    )


async def test_a_known_address_is_not_new(store: SqliteStore) -> None:
    novelty = await told(store, login(0, ip=HOME), login(10, ip=AWAY), login(60, ip=HOME))
    assert not novelty.anything
    assert novelty_text(novelty) is None


async def test_of_somebody_never_seen_nothing_is_new(store: SqliteStore) -> None:
    assert not (await told(store, login(0, BOB, ip=HOME), login(60, ANA, ip=AWAY))).anything


async def test_guessing_makes_no_address_known(store: SqliteStore) -> None:
    tries = [failed(10 + number, ip=AWAY) for number in range(20)]
    novelty = await told(store, login(0, ip=HOME), *tries, login(60, ip=AWAY))
    assert novelty.widest == "network"


async def test_an_ipv6_home_keeps_its_network_when_its_address_changes(store: SqliteStore) -> None:
    one, two = "2001:db8:45:1::7", "2001:db8:45:2::9"
    assert (await told(store, login(0, ip=one), login(60, ip=two))).widest == "address"
    assert str(network_of(two)) == "2001:db8:45::/48"
    assert str(network_of("::ffff:203.0.113.7")) == "203.0.113.0/24"
    assert network_of("unix:") is None


@pytest.mark.parametrize(
    "each",
    [failed(60), login(60, ip=None), event("login", 60, None), event("login", 60, Person(name="AnonymousUser"))],
)
async def test_where_nothing_can_be_said_nothing_is(store: SqliteStore, each: AuditEvent) -> None:
    assert await FirstSeen(store).novelty(await newest(store, each)) is None


async def test_what_lies_beyond_the_rows_that_are_looked_at_is_found_still(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_seen, "PAGES", (2, 3))
    monkeypatch.setattr(first_seen, "AT_ADDRESS", 2)
    crowd = [login(10 + number, Person(f"9{number}", f"n{number}"), ip=HOME) for number in range(5)]
    between = [login(20 + number, ip=AWAY) for number in range(20)]
    assert not (await told(store, login(0, ip=HOME), *crowd, *between, login(60, ip=HOME))).anything
    novelty = await told(store, login(70, ip="203.0.113.200"))
    assert (novelty.widest, novelty.whole, novelty.looked_at) == ("address", False, 2)
    far = await told(store, login(80, ip="192.0.2.1"))
    assert (far.widest, far.looked_at) == ("network", 5)


async def test_a_known_pair_is_not_looked_up_again(store: SqliteStore) -> None:
    await put(store, *(login(number, ip=HOME) for number in range(9)))
    rows = await store.older(EVERYTHING, None, 9)
    finder = FirstSeen(store)
    assert await finder.novelty(rows[3]) == KNOWN
    await store.close()
    assert await finder.novelty(rows[0]) == KNOWN


async def test_one_mail_address_is_one_person_in_every_source_and_a_name_is_not(store: SqliteStore) -> None:
    mine = replace(login(0, ip=HOME), source="mailboxes")
    theirs = replace(login(1, BOB, ip=HOME), source="mailboxes")
    await put(store, mine, theirs, login(2, ip=AWAY), login(3, BOB, ip=AWAY))
    assert not (await told(store, login(60, ip=HOME))).anything
    assert (await told(store, login(61, BOB, ip=HOME))).new_address


async def test_an_answer_is_remembered_and_the_oldest_ones_are_forgotten(store: SqliteStore) -> None:
    await put(store, *(login(number, ip=f"203.0.113.{number}") for number in range(6)))
    rows = await store.older(EVERYTHING, None, 10)
    finder = FirstSeen(store, remembered=2)
    for row in rows:
        assert await finder.novelty(row) == await FirstSeen(store).novelty(row)
    assert [finder.known(row) is not None for row in rows] == [False] * 4 + [True] * 2


ORIGINS: list[dict[str, Any]] = [{"ip": ip, **geo} for ip in (HOME, SAME_NET, AWAY, None) for geo in (SE, BR, {})]


@settings(max_examples=15)
@given(st.lists(st.tuples(st.sampled_from(ORIGINS), st.booleans()), min_size=1, max_size=12))
async def test_the_store_tells_what_the_plain_rule_tells(
    tmp_path_factory: pytest.TempPathFactory, lives: list[tuple[dict[str, Any], bool]]
) -> None:
    events = [(failed if bad else login)(number, **origin) for number, (origin, bad) in enumerate(lives)]
    opened = SqliteStore(tmp_path_factory.mktemp("seen") / "audit.db", clock=lambda: datetime(2026, 11, 25, tzinfo=UTC))
    await opened.open()
    try:
        await put(opened, *events)
        for row in await opened.older(EVERYTHING, None, 20):
            earlier = [each for each in reversed(events) if each.at < row.event.at and each.outcome == "success"]
            novelty = await FirstSeen(opened).novelty(row)
            if row.event.outcome == "failure" or row.event.actor_ip is None:
                assert novelty is None
            else:
                assert novelty == novelty_among(row.event, earlier, whole=True)
    finally:
        await opened.close()


async def test_a_row_that_comes_late_takes_a_mark_away_and_makes_one(store: SqliteStore) -> None:
    first_seen = FirstSeen(store)
    row = await newest(store, login(0, ip=HOME), login(60, ip=AWAY))
    other = await newest(store, login(70, BOB, ip=AWAY))
    assert [(await first_seen.novelty(each)) != KNOWN for each in (row, other)] == [True, False]
    await put(store, login(-60, ip=AWAY), login(-50, BOB, ip=HOME))
    assert first_seen.known(row) is not None
    first_seen.forget(await store.older(EVERYTHING, None, 10))
    assert first_seen.known(row) is None
    assert [(await first_seen.novelty(each)) != KNOWN for each in (row, other)] == [False, True]


async def test_what_is_newer_changes_no_answer(store: SqliteStore) -> None:
    first_seen = FirstSeen(store)
    row = await newest(store, login(0, ip=HOME), login(60, ip=AWAY))
    answer = await first_seen.novelty(row)
    first_seen.forget([await newest(store, login(90, ip=AWAY))])
    assert first_seen.known(row) is answer


async def test_a_row_that_is_stored_while_it_is_asked_counts(store: SqliteStore, tmp_path: Path) -> None:
    class Slow(SqliteStore):
        async def older(self, query: Query, than: Position | None, limit: int) -> Sequence[Row]:
            found = await super().older(query, than, limit)
            if late:
                await put(self, late.pop())
                first_seen.forget(await super().older(EVERYTHING, None, 10))
            return found

    late = [login(-60, ip=AWAY)]
    row = await newest(store, login(0, ip=HOME), login(60, ip=AWAY))
    slow = Slow(tmp_path / "audit.db")
    await slow.open()
    first_seen = FirstSeen(slow)
    assert await first_seen.novelty(row) == KNOWN
    await slow.close()

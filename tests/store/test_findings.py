"""Notes beside the rows: one an event and kind, kept as it was found last, since when it was found first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dezky_audit_tui.errors import LeaseLost
from dezky_audit_tui.model.finding import Change, Finding, finding_of
from dezky_audit_tui.store.store import Store
from tests.store.houses import House
from tests.store.samples import AUTHENTIK, NOON, event, take_lease

CHANGES = (
    Change("actorName", "ana", "a.na\x1b[31m$where"),
    Change("metadata.geo", {"city": None, "a.b": [1, True]}, None),
    Change("metadata.number", 1.5, 2**70),
)


async def test_a_finding_comes_back_as_it_was_given(store: Store) -> None:
    lease = await take_lease(store)
    given = finding_of(event(1, actor_name=None), "changed", NOON, CHANGES)
    await store.note([given], lease)
    (found,) = await store.findings(10)
    assert replace(found, changes=()) == replace(given, changes=())
    assert found.changes[:2] == CHANGES[:2]
    assert await store.findings_of(AUTHENTIK, ["id-1", "$gt"]) == [found]
    assert await store.findings_of("mailboxes", ["id-1"]) == []
    assert await store.findings_of(AUTHENTIK, []) == []


async def test_a_second_one_of_its_kind_takes_its_place_and_keeps_its_first_moment(store: Store) -> None:
    lease = await take_lease(store)
    later = NOON + timedelta(days=1)
    await store.note([finding_of(event(1), "gone", NOON), finding_of(event(1), "changed", NOON, CHANGES[:1])], lease)
    back = replace(finding_of(event(1), "gone", later), back_at=later)
    await store.note([back, finding_of(event(1), "changed", later, CHANGES[1:2])], lease)
    found = {each.kind: each for each in await store.findings(10)}
    assert set(found) == {"gone", "changed"}
    assert (found["gone"].found_at, found["gone"].back_at) == (NOON, later)
    assert (found["changed"].found_at, found["changed"].changes) == (NOON, CHANGES[1:2])


async def test_the_latest_come_first_up_to_a_limit(store: Store) -> None:
    lease = await take_lease(store)
    notes: list[Finding] = [finding_of(event(n), "gone", NOON + timedelta(seconds=n)) for n in (3, 1, 2)]
    await store.note(notes, lease)
    assert [each.external_id for each in await store.findings(2)] == ["id-3", "id-2"]


async def test_who_lost_the_lease_notes_nothing(store: Store, house: House) -> None:
    lease = await take_lease(store)
    await house.pass_time(31)
    assert await store.acquire_lease(AUTHENTIK, "ben@there/2/c-d-1", 30) is not None
    with pytest.raises(LeaseLost):
        await store.note([finding_of(event(1), "gone", NOON)], lease)
    assert await store.findings(10) == []

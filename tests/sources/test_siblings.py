"""What events tell about each other: who set a password, and whose impersonation ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from dezky_audit_tui.model.event import AuditEvent, Person
from dezky_audit_tui.sources.authentik.siblings import Known, gather_siblings
from dezky_audit_tui.sources.authentik.translate import translate
from tests.sources.replies import SEEN_AT, VERSIONS, changed, one, recorded, translated, wire

BOB = Person("6", "bob", "bob@example.test")
CAROL = {"pk": 7, "username": "carol", "email": "carol@example.test"}


@dataclass
class Stored:
    """What a store holds, and what it was asked for."""

    events: list[AuditEvent] = field(default_factory=list)
    asked: list[object] = field(default_factory=list)

    async def known(self, source: str, external_ids: Collection[str]) -> frozenset[str]:
        assert source == "authentik"
        stored = {event.external_id for event in self.events}
        return frozenset(pk for pk in external_ids if pk in stored)

    async def same_request(
        self, source: str, request_ids: Collection[str], near: Sequence[datetime]
    ) -> Sequence[AuditEvent]:
        assert source == "authentik"
        self.asked.append(tuple(request_ids))
        return [event for event in self.events if event.request_id in request_ids]

    async def last_before(self, source: str, action: str, actor_id: str, at: datetime) -> AuditEvent | None:
        assert source == "authentik"
        self.asked.append((action, actor_id))
        found = [each for each in self.events if (each.action, each.actor_id) == (action, actor_id) and each.at <= at]
        return max(found, key=lambda each: each.at, default=None)


async def with_store(store: Stored, *events: dict[str, Any]) -> list[AuditEvent]:
    rows = wire(*events)
    return list(translate(rows, await gather_siblings(rows, store), SEEN_AT).events)


def user_updated(event: dict[str, Any], by: dict[str, Any], pk: str = "sibling") -> dict[str, Any]:
    """The event of the user's model that the same request made."""
    model = {"pk": 5, "app": "authentik_core", "name": "Alice A.", "model_name": "user"}
    return {**changed(event, context={"model": model}), "pk": pk, "action": "model_updated", "user": by}


def at(event: dict[str, Any], time: str, pk: str | None = None) -> dict[str, Any]:
    return changed(event, created=f"2026-11-24T{time}Z", pk=pk or f"{event['action']}-{time}")


STARTED = recorded("2025.12.4", "impersonation_started")[0]
ENDED = recorded("2025.12.4", "impersonation_ended")[0]
LOGOUT = recorded("2025.8.6", "logout")[1]
ADMIN = STARTED["user"]


@pytest.mark.parametrize("action", ["password_set", "user_write"])
@pytest.mark.parametrize("version", VERSIONS)
async def test_the_sibling_in_the_same_batch_names_who_did_it(version: str, action: str) -> None:
    event = recorded(version, action)[1]
    store = Stored()
    sibling, got = await with_store(store, user_updated(event, {"pk": 3, "username": "akadmin", "email": ""}), event)
    assert (got.actor_id, got.actor_name) == ("3", "akadmin")
    assert got.target is not None
    assert got.target.name == "alice"
    assert got.metadata["actorFrom"] == sibling.external_id
    assert store.asked == []


async def test_a_stored_sibling_names_who_did_it() -> None:
    event = recorded("2025.12.4", "password_set")[1]
    store = Stored([one(user_updated(event, {**CAROL, "on_behalf_of": {"pk": 6, "username": "bob"}}))])
    (got,) = await with_store(store, event)
    assert (got.actor_id, got.actor_name, got.actor_email) == ("7", "carol", "carol@example.test")
    assert got.on_behalf_of == Person("6", "bob", None)
    assert store.asked == [(event["context"]["http_request"]["request_id"],)]


async def test_somebody_elses_request_names_nobody() -> None:
    event = recorded("2025.12.4", "password_set")[1]
    other = user_updated(recorded("2025.12.4", "password_set")[2], CAROL)
    group = user_updated(event, CAROL, "group")
    group["context"]["model"] = {"pk": "ab", "app": "authentik_core", "name": "g", "model_name": "group"}
    got = (await with_store(Stored(), other, group, event))[2]
    assert (got.actor_id, got.actor_name) == (None, None)


async def test_without_a_request_nobody_is_asked() -> None:
    store = Stored()
    (got,) = await with_store(store, recorded("2025.12.4", "password_set")[0])
    assert (got.actor_name, store.asked) == (None, [])


async def test_who_tells_it_himself_is_not_asked_for() -> None:
    event = recorded("2025.12.4", "password_set")[1]
    store = Stored()
    (got,) = await with_store(store, {**event, "user": {**event["user"], "authenticated_as": CAROL}})
    assert (got.actor_name, store.asked) == ("carol", [])
    store = Stored()
    await with_store(store, *recorded("2025.12.4", "login"), *recorded("2025.12.4", "model_updated"))
    assert store.asked == []


@pytest.mark.parametrize("version", VERSIONS)
def test_an_end_names_whom_the_last_start_named(version: str) -> None:
    ended, started = recorded(version, "impersonation_ended")[0], recorded(version, "impersonation_started")[0]
    got = translated(ended, started)[0]
    assert (got.actor_name, got.on_behalf_of) == ("akadmin", BOB)
    assert got.metadata["startedBy"] == started["pk"]
    assert translated(ended)[0].on_behalf_of is None


async def test_a_stored_start_is_found_too_and_the_newer_one_wins() -> None:
    stored = Stored([one(at(STARTED, "08:00:00"))])
    (got,) = await with_store(stored, at(ENDED, "08:05:00"))
    assert got.on_behalf_of == BOB
    newer = {**at(STARTED, "08:03:00"), "user": {**ADMIN, "on_behalf_of": CAROL}}
    got = (await with_store(stored, at(ENDED, "08:05:00"), newer))[0]
    assert got.on_behalf_of == Person("7", "carol", "carol@example.test")


@pytest.mark.parametrize("between", [LOGOUT, ENDED])
@pytest.mark.parametrize("is_stored", [True, False])
async def test_a_session_that_ended_before_is_not_ended_again(between: dict[str, Any], is_stored: bool) -> None:
    start, middle, end = at(STARTED, "08:00:00"), at(between, "08:01:00"), at(ENDED, "08:05:00")
    if is_stored:
        store = Stored(translated(middle, start))
        got = (await with_store(store, end))[0]
    else:
        got = translated(end, middle, start)[0]
    assert got.on_behalf_of is None


async def test_logging_out_elsewhere_ends_no_impersonation() -> None:
    elsewhere = {**at(LOGOUT, "08:01:00"), "user": {key: ADMIN[key] for key in ("pk", "username", "email")}}
    assert translated(at(ENDED, "08:05:00"), elsewhere, at(STARTED, "08:00:00"))[0].on_behalf_of == BOB


async def test_another_admins_start_and_a_later_one_are_not_meant() -> None:
    other = {**at(STARTED, "08:00:00"), "user": {**CAROL, "on_behalf_of": ADMIN}}
    assert translated(at(STARTED, "08:09:00"), at(ENDED, "08:05:00"), other)[1].on_behalf_of is None


async def test_an_end_read_again_does_not_end_itself() -> None:
    store = Stored(translated(at(ENDED, "08:05:00"), at(STARTED, "08:00:00")))
    got = (await with_store(store, at(ENDED, "08:05:00")))[0]
    assert got.on_behalf_of == BOB


def test_microseconds_decide_which_came_first() -> None:
    start, end = at(STARTED, "08:00:00.000100", "zz"), at(ENDED, "08:00:00.000200", "aa")
    assert translated(end, start)[0].on_behalf_of == BOB
    assert translated(at(STARTED, "08:00:00.000300", "zz"), end)[1].on_behalf_of is None


def test_known_events_are_not_among_those_translated() -> None:
    event = recorded("2025.12.4", "password_set")[1]
    known = one(user_updated(event, CAROL))
    assert [got.actor_name for got in translated(event, known=[known])] == ["carol"]
    assert translate((), Known((known,)), SEEN_AT).events == ()

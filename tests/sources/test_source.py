"""Authentik as a source: pages over real HTTP become events that are ready for a store."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dezky_audit_tui.errors import SourceRefused, SourceUnavailable
from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.model.event import AuditEvent, Person
from dezky_audit_tui.model.instants import exact_text
from dezky_audit_tui.sources.authentik.client import AuthentikClient
from dezky_audit_tui.sources.authentik.source import AuthentikSource
from dezky_audit_tui.sources.source import Budget, PullStep, Source
from tests.sources.replies import SEEN_AT, VERSIONS, changed, page, recorded, reply
from tests.sources.scripted import Answer, Request, ScriptedServer, answer, recorded_answer
from tests.sources.test_siblings import Stored

DATE = "Tue, 24 Nov 2026 08:00:00 GMT"


def log(*events: dict[str, Any]) -> list[dict[str, Any]]:
    """Events a second apart, the newest first, the last one an hour ago."""
    start = SEEN_AT - timedelta(hours=1)
    moments = [exact_text(start - timedelta(seconds=index)) for index in range(len(events))]
    return [changed(event, created=created, pk=f"pk{created}") for event, created in zip(events, moments, strict=True)]


class Served:
    """A log served in pages; `fault` answers instead for the pages from `fault_from` on."""

    def __init__(self, events: list[Any]) -> None:
        self.events = events
        self.fault: Answer | None = None
        self.fault_from = 1

    def __call__(self, request: Request) -> Answer:
        if request.path == "/api/v3/core/groups/":
            return recorded_answer(reply("2025.12.4", "groups_no_users"))
        number, size = int(request.query["page"]), int(request.query["page_size"])
        if self.fault is not None and number >= self.fault_from:
            return self.fault
        start = (number - 1) * size
        if start >= len(self.events) and number > 1:
            return answer({"detail": "Invalid page."}, 404)
        following = number + 1 if start + size < len(self.events) else 0
        data = page(self.events[start : start + size], count=len(self.events), start=start + 1, following=following)
        data["pagination"]["current"] = number
        return answer(data, date=DATE)


async def stored_ids(store: Stored, step: PullStep) -> frozenset[str]:
    return await store.known("authentik", [str(event.external_id) for event in step.fetched.events])


async def tick(
    source: AuthentikSource, state: PullState, store: Stored, pages: int = 10
) -> tuple[PullState, list[AuditEvent], list[PullStep]]:
    """One tick that keeps each step before it asks for the next."""
    kept: list[AuditEvent] = []
    steps: list[PullStep] = []
    source.begin_tick()
    async for step in source.pull(state, Budget(max_pages=pages, page_size=50), store, fill_only=False):
        new = [event for event in step.fetched.events if event.external_id not in await stored_ids(store, step)]
        kept += new
        store.events += new
        state = replace(step.state, rev=state.rev + 1)
        steps.append(step)
    return state, kept, steps


async def test_a_log_is_pulled_once_and_a_quiet_tick_is_one_request() -> None:
    events = log(*recorded("2025.12.4", "login") * 50)
    async with ScriptedServer(Served(events)) as server:
        source: AuthentikSource = AuthentikSource(AuthentikClient(server.url, "token"), lambda: SEEN_AT)
        as_protocol: Source = source
        assert as_protocol.name == "authentik"
        store = Stored()
        state, kept, steps = await tick(source, PullState("authentik"), store)
        assert sorted(str(event.external_id) for event in kept) == sorted(event["pk"].lower() for event in events)
        assert steps[-1].caught_up
        asked = source.requests
        state, kept, steps = await tick(source, state, store)
        assert (kept, source.requests - asked, steps[-1].caught_up) == ([], 1, True)
        await source.aclose()


@pytest.mark.parametrize("version", VERSIONS)
async def test_events_of_different_pages_tell_about_each_other(version: str) -> None:
    password = recorded(version, "password_set")[1]
    updated = {
        **changed(password, context={"model": {"pk": 5, "app": "authentik_core", "name": "A", "model_name": "user"}}),
        "action": "model_updated",
        "user": {"pk": 3, "username": "akadmin", "email": ""},
    }
    logins = recorded(version, "login")[:1] * 60
    ended, started = recorded(version, "impersonation_ended")[0], recorded(version, "impersonation_started")[0]
    served = Served(log(updated, *logins, password, started))
    async with ScriptedServer(served) as server:
        source = AuthentikSource(AuthentikClient(server.url, "token"), lambda: SEEN_AT)
        store = Stored()
        state, kept, _ = await tick(source, PullState("authentik"), store)
        (changed_password,) = [event for event in kept if event.raw_action == "password_set"]
        assert changed_password.actor_name == "akadmin"
        served.events.insert(0, changed(ended, created=exact_text(SEEN_AT - timedelta(minutes=1)), pk="end"))
        state, (end,), _ = await tick(source, state, store)
        assert end.on_behalf_of == Person("6", "bob", "bob@example.test")
        await source.aclose()


async def test_an_item_that_cannot_be_read_is_set_aside_and_the_rest_goes_on() -> None:
    events: list[Any] = log(*recorded("2025.12.4", "login"))
    events.insert(1, {"pk": "broken", "created": "never"})
    async with ScriptedServer(Served(events)) as server:
        source = AuthentikSource(AuthentikClient(server.url, "token"), lambda: SEEN_AT)
        _, kept, steps = await tick(source, PullState("authentik"), Stored())
        assert len(kept) == len(events) - 1
        assert [aside.key for step in steps for aside in step.fetched.set_aside] == ["broken"]
        await source.aclose()


async def test_a_pull_that_is_left_early_takes_its_next_request_back_and_another_one_reads_all() -> None:
    events = log(*recorded("2025.12.4", "login") * 60)
    async with ScriptedServer(Served(events)) as server:
        source, store = AuthentikSource(AuthentikClient(server.url, "token"), lambda: SEEN_AT), Stored()
        async with aclosing(source.pull(PullState("authentik"), Budget(page_size=50), store)) as steps:
            first = await anext(steps)
        assert 0 < len(first.fetched.events) < len(events)
        asked = source.requests
        assert asked <= 2
        await asyncio.sleep(0.05)
        assert source.requests == asked
        _, kept, _ = await tick(source, PullState("authentik"), store)
        assert len(kept) == len(events)
        await source.aclose()


async def test_a_fault_on_the_first_page_changes_nothing_and_a_later_one_ends_the_tick() -> None:
    served = Served(log(*recorded("2025.12.4", "login") * 60))
    async with ScriptedServer(served) as server:
        source = AuthentikSource(AuthentikClient(server.url, "token"), lambda: SEEN_AT)
        served.fault = answer({"detail": "Token invalid/expired"}, 403)
        with pytest.raises(SourceRefused):
            await tick(source, PullState("authentik"), Stored())
        served.fault, served.fault_from = answer("", 500), 2
        store = Stored()
        state, kept, steps = await tick(source, PullState("authentik"), store)
        assert isinstance(steps[-1].error, SourceUnavailable)
        assert len(kept) == 50
        served.fault = None
        state, kept, steps = await tick(source, state, store)
        assert (len(store.events), steps[-1].caught_up, steps[-1].error) == (len(served.events), True, None)
        await source.aclose()


async def test_a_change_of_groups_among_the_events_is_told_and_users_are_found() -> None:
    group = changed(
        recorded("2025.12.4", "model_updated")[0],
        context={"model": {"pk": "ab", "app": "authentik_core", "name": "acme", "model_name": "group"}},
    )
    events = log(group, *recorded("2025.12.4", "login"))
    async with ScriptedServer(Served(events)) as server:
        source = AuthentikSource(AuthentikClient(server.url, "token"), lambda: SEEN_AT)
        _, _, (step,) = await tick(source, PullState("authentik"), Stored())
        assert step.fetched.groups_changed_at == SEEN_AT - timedelta(hours=1)
        found = await source.memberships(["5", "x"], step.fetched.groups_changed_at)
        assert found["5"] is not None
        assert found["5"].groups == ("acme", "acme-admins")
        assert source.directory.last_error is None
        await source.aclose()

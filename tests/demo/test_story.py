"""The story is the same for the same seed, has days and nights, and goes on at its rate."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from ipaddress import ip_address, ip_network
from itertools import pairwise
from uuid import UUID

import pytest

from dezky_audit_tui.demo.people import SLUGS, make_cast
from dezky_audit_tui.demo.story import Story
from dezky_audit_tui.model.instants import parse_instant
from dezky_audit_tui.model.tenants import DEFAULT_ADMIN_GROUPS, GroupPatterns
from tests.demo.told import UNTIL, history, live


def test_one_seed_tells_one_story() -> None:
    assert Story(3).history(1500, UNTIL) == Story(3).history(1500, UNTIL)
    assert Story(3).history(1500, UNTIL) != Story(4).history(1500, UNTIL)
    mine, yours = live(300, 3), live(300, 3)
    assert [(step.at, step.event, step.vanish_user) for step in mine] == [
        (step.at, step.event, step.vanish_user) for step in yours
    ]
    assert make_cast(3).members == make_cast(3).members


def test_the_story_does_not_depend_on_the_process() -> None:
    code = (
        "import json, hashlib, sys; from datetime import datetime; from dezky_audit_tui.demo.story import Story;"
        "told = Story(3).history(400, datetime.fromisoformat(sys.argv[1]));"
        "print(hashlib.sha256(json.dumps(told).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code, UNTIL.isoformat()],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


@pytest.mark.parametrize("count", [0, 1, 2, 137, 2000])
def test_a_history_has_as_many_events_as_asked(count: int) -> None:
    events = Story(5).history(count, UNTIL)
    assert len({event["pk"] for event in events}) == len(events) == count
    assert all(parse_instant(event["created"]) <= UNTIL for event in events)


def test_a_history_has_nights_and_days() -> None:
    hours = Counter(parse_instant(event["created"]).hour for event in history())
    assert hours[9] > 5 * hours[2]
    oldest = parse_instant(history()[0]["created"])
    assert timedelta(days=1.9) < UNTIL - oldest < timedelta(days=2.1)


def test_pks_are_random_uuids() -> None:
    assert all(UUID(event["pk"]).version == 4 for event in history())
    assert [event["pk"] for event in history()] != sorted(event["pk"] for event in history())


def test_every_user_and_address_is_invented() -> None:
    allowed = [
        ip_network(text)
        for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "127.0.0.0/8", "10.0.0.0/8")
    ]
    for event in history():
        if event["client_ip"] not in (None, "255.255.255.255"):
            address = ip_address(event["client_ip"])
            assert any(address in network for network in allowed if network.version == address.version)
        assert (
            not event["user"].get("email")
            or event["user"]["email"].endswith(".example")
            or "username" in event["context"]
        )


def test_four_tenants_and_people_who_fit_into_none() -> None:
    directory = make_cast(7).directory
    names = {group.name for group in directory.groups()}
    assert set(SLUGS) <= names
    assert len(SLUGS) == 4
    admins = GroupPatterns(DEFAULT_ADMIN_GROUPS)
    inherited = [group for group in directory.groups() if group.parents]
    assert any(directory.group_by_pk(group.parents[0]).parents for group in inherited)  # type: ignore[union-attr]  # parents exist
    kinds = set()
    for user in directory.users():
        own = [group.name for group in directory.groups_of(user.pk)]
        if not own:
            kinds.add("no groups")
        elif all(admins.matches(name) for name in own):
            kinds.add("only admin groups")
        elif any(name in SLUGS for name in own):
            kinds.add("tenant")
        elif all(group.parents for group in directory.groups_of(user.pk)):
            kinds.add("inherited")
        else:
            kinds.add("no such tenant")
    assert kinds == {"no groups", "only admin groups", "tenant", "inherited", "no such tenant"}
    assert directory.user(999) is None
    assert any(event["user"].get("on_behalf_of", {}).get("pk") == 999 for event in history())
    for slug in SLUGS:
        assert 8 <= len(directory.group(slug).users) <= 40  # type: ignore[union-attr]  # seen above
    assert sum(not user.name.isascii() for user in directory.users()) > 30


def test_the_first_minute_has_a_login_a_burst_that_succeeds_and_an_impersonation() -> None:
    for seed in range(12):
        events = [step.event for step in live(60, seed) if step.event is not None]
        actions = [event["action"] for event in events]
        assert actions[0] == "login"
        guessed = Counter(
            (event["user"].get("username"), event["client_ip"]) for event in events if event["action"] == "login_failed"
        )
        (name, address), failures = guessed.most_common(1)[0]
        assert failures >= 9
        assert ("login", name, address) in {
            (event["action"], event["user"].get("username"), event["client_ip"]) for event in events
        }
        start = actions.index("impersonation_started")
        admin = events[start]["user"]["pk"]
        assert any(
            event["user"].get("authenticated_as", event["user"]).get("pk") == admin
            and "on_behalf_of" in json.dumps(event["user"])
            for event in events[start + 1 :]
        )


def test_something_to_watch_happens_every_half_minute() -> None:
    everyday = {"login", "logout", "authorize_application", "system_task_execution", "flow_execution"}
    at = [step.at for step in live(1200) if step.event is not None and step.event["action"] not in everyday]
    assert max((after - before).total_seconds() for before, after in pairwise(at)) < 60
    assert len({int((moment - UNTIL).total_seconds() // 30) for moment in at}) >= 35


@pytest.mark.parametrize("rate", [0.2, 0.5, 2.0, 8.0])
def test_the_live_story_keeps_its_rate_and_order(rate: float) -> None:
    steps = live(2400 / rate, rate=rate)
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    events = [step for step in steps if step.event is not None]
    assert 0.8 * 2400 < len(events) < 1.25 * 2400
    assert len({step.event["pk"] for step in events if step.event}) == len(events)


def test_the_live_story_has_late_commits_a_fast_clock_and_vanishing_events() -> None:
    steps = live(6000)
    late = [
        step for step in steps if step.event and step.at - parse_instant(step.event["created"]) > timedelta(seconds=10)
    ]
    fast = [
        step for step in steps if step.event and parse_instant(step.event["created"]) - step.at > timedelta(seconds=10)
    ]
    assert late
    assert fast
    vanished = [step.vanish_user for step in steps if step.vanish_user is not None]
    assert vanished
    own = [step for step in steps if step.event and step.event["user"].get("pk") in vanished]
    assert own or vanished == [999]
    assert any(step.change for step in steps)

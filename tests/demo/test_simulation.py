"""A simulation is a real server with a past, and a present that goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from dezky_audit_tui.demo.simulation import Simulation
from dezky_audit_tui.model.instants import parse_instant

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def _count(simulation: Simulation) -> int:
    reply = httpx.get(
        f"{simulation.url}/api/v3/events/events/", headers={"Authorization": f"Bearer {simulation.token}"}
    )
    count: int = reply.json()["pagination"]["count"]
    return count


def test_it_serves_its_history_and_goes_on_as_time_passes() -> None:
    clock = Clock()
    with Simulation(800, clock=clock, live=False) as simulation:
        assert _count(simulation) == 800
        newest = simulation.log.newest or {}
        assert parse_instant(newest["created"]) <= START
        clock.now += timedelta(minutes=5)
        added = simulation.play_until(clock.now)
        assert added > 80
        assert _count(simulation) == 800 + added
        assert simulation.play_until(clock.now) == 0


def test_it_plays_by_itself_in_real_time() -> None:
    with Simulation(10, rate=200, seed=2) as simulation:
        deadline = datetime.now(UTC) + timedelta(seconds=10)
        while len(simulation.log) < 40 and datetime.now(UTC) < deadline:
            simulation.server.pause(0.02)
        assert len(simulation.log) >= 40


def test_one_with_outages_is_away_for_a_while_and_comes_back_with_all_that_happened() -> None:
    clock = Clock()
    with Simulation(100, clock=clock, live=False, outages=True) as simulation:
        away = []
        for _ in range(60):
            clock.now += timedelta(seconds=10)
            simulation.play_until(clock.now)
            away.append(bool(simulation.server.faults.pending()))
        assert away == [False] * 23 + [True] * 5 + [False] * 32
        assert _count(simulation) == len(simulation.log) > 300


def test_a_fault_that_is_ended_leaves_the_others() -> None:
    with Simulation(10, rate=0) as simulation:
        one, other = (simulation.server.faults.set("starting", count=None) for _ in range(2))
        simulation.server.faults.end(one)
        simulation.server.faults.end(one)
        assert len(simulation.server.faults.pending()) == 1
        simulation.server.faults.end(other)
        assert _count(simulation) == 10


def test_without_a_rate_nothing_moves() -> None:
    with Simulation(50, rate=0) as simulation:
        assert simulation.play_until(datetime.now(UTC) + timedelta(days=1)) == 0
        assert _count(simulation) == 50


def test_a_login_can_be_had_at_any_time() -> None:
    clock = Clock()
    with Simulation(50, rate=0, clock=clock, control=True) as simulation:
        clock.now += timedelta(seconds=30)
        event = simulation.login("akadmin")
        assert (event["action"], event["user"]["username"]) == ("login", "akadmin")
        assert parse_instant(event["created"]) == clock.now
        assert simulation.log.newest == event
        assert simulation.login()["user"]["pk"] >= 20
        with pytest.raises(ValueError, match="no user 'nobody'"):
            simulation.login("nobody")
        headers = {"Authorization": f"Bearer {simulation.token}"}
        told = httpx.post(f"{simulation.url}/sim/events", json={"username": "mette.holm"}, headers=headers)
        assert told.status_code == 201
        added = simulation.log.get(told.json()["pk"]) or {}
        assert added["user"]["username"] == "mette.holm"
        assert httpx.post(f"{simulation.url}/sim/events", json={"username": "x"}, headers=headers).status_code == 400


def test_a_deleted_user_takes_the_own_events_along() -> None:
    with Simulation(2000, rate=0) as simulation:
        pk = next(event["user"]["pk"] for event in simulation.log.events() if event["user"].get("pk", 0) >= 20)
        before = len(simulation.log)
        gone = simulation.delete_user(pk)
        assert gone > 0
        assert len(simulation.log) == before - gone
        assert all(event["user"].get("pk") != pk for event in simulation.log.events())
        headers = {"Authorization": f"Bearer {simulation.token}"}
        assert httpx.get(f"{simulation.url}/api/v3/core/users/{pk}/", headers=headers).status_code == 404


def test_members_come_and_go_in_the_directory_as_the_story_tells() -> None:
    clock = Clock()
    with Simulation(500, clock=clock, live=False, rate=1) as simulation:
        users = {user.pk for user in simulation.directory.users()}
        simulation.play_until(START + timedelta(minutes=45))
        assert {user.pk for user in simulation.directory.users()} - users
        known = {user.pk for user in simulation.directory.users()}
        writers = {event["user"].get("pk") for event in simulation.log.events() if event["action"] == "user_write"}
        assert {pk for pk in writers if pk is not None} <= known


def test_newcomers_of_the_past_belong_to_a_tenant() -> None:
    with Simulation(8_000, rate=0) as simulation:
        newcomers = [user for user in simulation.directory.users() if user.username.startswith("newcomer")]
        assert 1 <= len(newcomers) <= 12
        for user in newcomers:
            assert simulation.directory.groups_of(user.pk)

"""`copy` as an operator meets it: into another store, cut, run again, refused."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.store.open import open_store
from dezky_audit_tui.store.store import Lease
from tests.cli.conftest import Ended, Machine, event
from tests.faults.victims import KILLED, Victims, Zygote
from tests.store.mongo_server import REPLICA_SET, new_database

Run = Callable[..., Ended]
ROWS = 1_100


@pytest.fixture(params=["sqlite", "mongodb"])
def target(request: pytest.FixtureRequest, machine: Machine) -> str:
    return f"sqlite:///{machine.home}/target.db" if request.param == "sqlite" else new_database(REPLICA_SET)


async def _ids(url: str) -> list[str | None]:
    store = open_store(url)
    await store.open()
    found: list[Any] = []
    while rows := await store.older(EVERYTHING, found[-1].position if found else None, 1_000):
        found += rows
    await store.close()
    return [row.event.external_id for row in found]


def ids(url: str) -> list[str | None]:
    return asyncio.run(_ids(url))


def test_it_tells_what_it_did_and_the_second_run_that_all_is_there(run: Run, machine: Machine, target: str) -> None:
    machine.fill([event(number) for number in range(5)])
    first = run("copy", "--to", target)
    assert first.code == 0
    assert "5: 5 new, 0 there already" in first.out
    assert "of 5 rows looked at" in first.err
    second = run("copy", "--to", target, "--json")
    assert second.code == 0
    told = second.json
    assert (told["rows"], told["inserted"], told["duplicates"], told["setAside"]) == (5, 0, 5, 0)
    assert (told["outcome"], told["error"], told["from"]) == ("ok", None, "sqlite audit.db")
    assert len(ids(target)) == 5


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote() as zygote:
        yield zygote


@pytest.fixture
def victims(zygote: Zygote, machine: Machine) -> Victims:
    """Commands that get a signal at a named point."""
    return Victims(zygote, machine.here, machine.environment)


def test_killed_in_the_middle_it_is_run_again_and_nothing_is_lost_or_doubled(
    victims: Victims, machine: Machine, target: str
) -> None:
    machine.fill([event(number) for number in range(ROWS)])
    victims.environment["AUDIT_COPY_TO"] = machine.environment["AUDIT_COPY_TO"] = target
    trap = {"point": "page written", "kind": target.partition(":")[0]}
    assert victims.run("copy", trap=trap).code == KILLED
    cut = len(ids(target))
    assert 0 < cut < ROWS
    again = machine.run("copy", "--json")
    assert again.code == 0, again.err
    assert (again.json["rows"], again.json["duplicates"] >= cut) == (ROWS, True)
    assert ids(target) == ids(machine.store_url)


def test_ended_by_a_signal_it_says_that_it_is_not_through(victims: Victims, machine: Machine) -> None:
    machine.fill([event(number) for number in range(ROWS)])
    target = new_database(REPLICA_SET)
    trap = {"point": "page written", "kind": "mongodb", "number": signal.SIGTERM}
    ended = victims.run("copy", "--json", "--to", target, trap=trap)
    assert ended.code == 1
    assert "run it again to go on" in ended.err
    (told,) = ended.reports
    assert (told["outcome"], told["error"]["kind"], told["cursor"]) == ("failed", "interrupted", None)
    assert machine.run("status", "--store", target, "--json").json["lease"] is None, "it was given back"


def test_a_password_is_no_option_and_is_shown_nowhere(run: Run, machine: Machine) -> None:
    machine.fill([event(1)])
    url = "mongodb://ops:hunter2@127.0.0.1:1/audit?serverSelectionTimeoutMS=200"
    refused = run("copy", "--to", url)
    assert refused.code == 2
    assert "AUDIT_COPY_TO" in refused.err
    machine.set(AUDIT_COPY_TO=url)
    away = run("copy", "--json")
    assert away.code == 1
    assert "check that it runs, and AUDIT_COPY_TO" in away.json["error"]["message"]
    assert "hunter2" not in refused.err + away.out + away.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("copy",), "Name the store to copy into"),
        (("copy", "--to", "mongodb://db.example/"), "AUDIT_COPY_TO has to name the database"),
        (("copy", "--to", "ftp://x"), "AUDIT_COPY_TO is 'ftp://x'"),
        (("copy", "--to", "sqlite:///{home}/.local/share/dezky-audit-tui/audit.db"), "both stores are"),
        (("copy", "--store", "sqlite:///{home}/none.db", "--to", "sqlite:///{home}/x.db"), "is not there"),
    ],
)
def test_wrong_use_is_told_and_makes_nothing(run: Run, machine: Machine, arguments: tuple[str, ...], said: str) -> None:
    machine.fill([event(1)])
    ended = run(*(each.format(home=machine.home) for each in arguments))
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert not list(machine.home.glob("*.db"))


def test_where_somebody_ingests_it_says_who(run: Run, machine: Machine, target: str) -> None:
    machine.fill([event(1)])

    async def hold(url: str) -> Lease | None:
        store = open_store(url)
        await store.open()
        lease = await store.acquire_lease("authentik", "ana@bastion/1/aa-bb-1", 600)
        await store.close()
        return lease

    assert asyncio.run(hold(target)) is not None
    ended = run("copy", "--to", target)
    assert ended.code == 1
    assert "ana@bastion (pid 1) ingests into" in ended.err
    assert ids(target) == []

    assert asyncio.run(hold(machine.store_url)) is not None
    other = run("copy", "--to", f"sqlite:///{machine.home}/other.db")
    assert other.code == 0
    assert "still ingests into sqlite audit.db" in other.err


def test_what_was_recorded_stays_as_it_was_recorded(run: Run, machine: Machine, target: str) -> None:
    kept = replace(event(1), recorded_at=event(0).at)
    machine.fill([kept])
    assert run("copy", "--to", target).code == 0
    [line] = run("timeline", "--store", target, "--format", "jsonl").lines
    assert json.loads(line)["recordedAt"] == "2026-11-24T12:00:00.000Z"

"""`reconcile` and `findings` on the command line: their shapes, their words and their exit codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.cli.conftest import Ended, Machine
from tests.faults.world import World

Run = Callable[..., Ended]
REPORT = ["outcome", "since", "until", "events", "inserted", "requests", "missing", "changed", "gone", "left", "error"]
FINDING = ["kind", "source", "externalId", "at", "action", "actorName", "foundAt", "backAt", "changes"]


@pytest.fixture
def world(machine: Machine, run: Run) -> Iterator[World]:
    """A log that was pulled, then edited."""
    with World(60) as world:
        machine.set(**world.environment)
        assert run("tick", "--until-caught-up").code == 0
        pks = world.log.pks()
        event = world.log.get(pks[20])
        assert event is not None
        world.log.remove([pks[20], pks[30]])
        world.log.add(event | {"client_ip": "198.51.100.77", "app": "mallory\x1b]0;x\x07"})
        yield world


def test_it_tells_what_differs_in_words(run: Run, world: World) -> None:
    ended = run("reconcile", "--since", "900d")
    assert (ended.code, ended.err) == (0, "")
    assert "changed at the source       1" in ended.out
    assert "gone from the source        1" in ended.out
    assert "198.51.100.77" in ended.out
    assert all(line.isprintable() for line in ended.lines)
    listed = run("findings")
    assert listed.code == 0
    assert "198.51.100.77" in listed.out
    assert all(line.isprintable() for line in listed.lines)


def test_it_tells_the_same_as_json(run: Run, world: World) -> None:
    told = run("reconcile", "--since", "900d", "--json").json
    assert list(told) == REPORT
    assert (told["outcome"], told["left"], told["error"], told["missing"]) == ("ok", 0, None, [])
    (changed,), (gone,) = told["changed"], told["gone"]
    assert list(changed) == FINDING
    assert {"field": "actorIp", "source": "198.51.100.77"}.items() <= changed["changes"][0].items()
    assert gone["kind"] == "gone"
    items = run("findings", "--json").json
    assert items["more"] is False
    assert sorted(each["externalId"] for each in items["items"]) == sorted([changed["externalId"], gone["externalId"]])
    assert run("findings", "--limit", "1", "--json").json["more"] is True


def test_where_nothing_differs_it_says_so(run: Run, world: World) -> None:
    ended = run("findings")
    assert ended.out == "nothing was found: the store and the source agree, as far as the source was read again\n"
    assert "nothing to walk" in run("reconcile", "--since", "5m").out


def test_a_source_that_fails_is_told_and_what_is_left_too(run: Run, world: World) -> None:
    world.server.faults.set("error_500", where="events", count=None, after=1)
    ended = run("reconcile", "--since", "900d", "--json")
    assert ended.code == 1
    assert "Authentik failed inside (500)" in ended.err
    assert (ended.json["outcome"], ended.json["left"]) == ("failed", 1)


def test_where_only_watching_is_allowed_nothing_is_sent(run: Run, machine: Machine, world: World) -> None:
    machine.set(AUDIT_INGEST_ENABLED="false")
    asked = world.server.requests.count()
    ended = run("reconcile", "--json")
    assert (ended.code, ended.json["outcome"]) == (1, "skipped")
    assert "AUDIT_INGEST_ENABLED is false" in ended.err
    assert world.server.requests.count() == asked


@pytest.mark.parametrize(
    "arguments", [["--since", "soon"], ["--since", "1h", "--until", "2h"], ["--until", "\x1b[7777m"]]
)
def test_a_wrong_time_is_wrong_use(run: Run, arguments: list[str]) -> None:
    ended = run("reconcile", *arguments)
    assert ended.code == 2
    assert all(line.isprintable() for line in ended.err.splitlines())


def test_doctor_tells_of_what_was_found_and_of_what_is_not_read(run: Run, world: World) -> None:
    run("reconcile", "--since", "900d")
    checks = {each["name"]: each for each in run("doctor", "--json").json["checks"]}
    assert checks["findings"]["status"] == "warn"
    assert "found events 1 changed, 1 gone" in checks["findings"]["message"]
    assert checks["pull"]["message"].startswith("all is read, and settled up to ")
    world.add(500)
    run("tick", "--max-pages", "1")
    (pull,) = [each for each in run("doctor", "--json").json["checks"] if each["name"] == "pull"]
    assert pull["status"] == "warn"
    assert pull["message"].startswith("1 stretch of Authentik's log not read yet, back to 2")
    assert "--until-caught-up" in pull["remedy"]

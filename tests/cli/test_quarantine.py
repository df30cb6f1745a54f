"""`quarantine`: what was set aside, told safely and in a fixed shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.cli.conftest import Ended, Machine
from tests.faults.world import World

Run = Callable[..., Ended]
KEYS = ["source", "key", "reason", "seenAt", "created", "action", "excerpt"]


@pytest.fixture
def pulled(machine: Machine, run: Run) -> Iterator[World]:
    """A store that has pulled three rows that are no events, among those that are."""
    with World(20) as world:
        world.add_unreadable({"pk": "no-moment", "created": "soon", "action": "login", "secret": "hunter2"})
        world.add_unreadable({"pk": "no-action-\x1b]0;x\x07", "created": None, "action": 7})
        world.add_unreadable({"pk": "late", "created": "10000-01-01T00:00:00Z", "action": "custom_\u202e"})
        machine.set(**world.environment)
        assert run("tick", "--until-caught-up").code == 0
        yield world


def test_an_empty_one_says_so(run: Run) -> None:
    ended = run("quarantine")
    assert (ended.code, ended.out) == (0, "nothing was set aside: every event that came could be read\n")
    assert run("quarantine", "--json").json == {"items": [], "more": False}


def test_each_item_has_its_reason_and_what_is_known_of_it(run: Run, pulled: World) -> None:
    told = run("quarantine", "--json").json
    assert all(list(item) == KEYS for item in told["items"])
    items = {item["key"]: item for item in told["items"]}
    assert len(items) == 3
    assert (
        items["no-moment"]["reason"] == "created is no moment, or names no zone, or lies outside of the years 1 to 9999"
    )
    assert (items["no-moment"]["created"], items["no-moment"]["action"]) == ("soon", "login")
    assert items["no-moment"]["excerpt"] == "pk: string, created: string, action: string, secret: string"
    assert items["late"]["action"] == "custom_\u202e"
    assert not told["more"]


def test_no_value_is_told_and_nothing_acts(run: Run, pulled: World) -> None:
    for arguments in (["quarantine"], ["quarantine", "--json"]):
        ended = run(*arguments)
        assert "hunter2" not in ended.out
        assert all(line.isprintable() for line in ended.lines)
    assert "custom_‹202E›" in run("quarantine").out


def test_a_limit_says_that_there_is_more(run: Run, pulled: World) -> None:
    told = run("quarantine", "--limit", "2", "--json").json
    assert (len(told["items"]), told["more"]) == (2, True)
    assert run("quarantine", "--limit", "2").lines[-1] == "and more; --limit shows them"
    assert run("quarantine", "--limit", "0").code == 2


def test_doctor_tells_of_it(run: Run, pulled: World) -> None:
    (check,) = [each for each in run("doctor", "--json").json["checks"] if each["name"] == "quarantine"]
    assert check["status"] == "warn"
    assert check["message"].startswith("3 set aside, the last at ")
    assert "dezky-audit-tui quarantine" in check["remedy"]

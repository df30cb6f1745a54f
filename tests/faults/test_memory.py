"""Replies of any size take bounded memory: measured on the process that reads them."""

from __future__ import annotations

import pytest

from dezky_audit_tui.demo.faults import FaultKind
from tests.faults.test_hostile_source import HEAD, TAIL
from tests.faults.victims import Victims
from tests.faults.world import World

MB = 1024 * 1024


@pytest.fixture
def usual(victims: Victims, world: World) -> float:
    """Megabytes that an ordinary tick takes."""
    ended = victims.run("tick", "--until-caught-up")
    assert ended.code == 0, ended.err
    return ended.megabytes


@pytest.mark.parametrize("kind", ["huge", "gzip_bomb"])
def test_two_hundred_megabytes_are_not_read_to_their_end(
    victims: Victims, world: World, usual: float, kind: FaultKind
) -> None:
    world.add(5)
    size = 200 * MB if kind == "huge" else 80 * MB  # to pack 200 takes longer than all the rest
    world.server.faults.set(kind, where="events", count=None, value=size)
    ended = victims.run("tick")
    assert ended.code == 1
    assert "larger than" in ended.err
    assert ended.megabytes < usual + 200
    world.server.faults.clear()
    assert victims.run("tick", "--until-caught-up").code == 0


@pytest.mark.parametrize("what", ["a string", "wide characters", "nesting", "many events with a string"])
def test_a_large_page_takes_some_times_its_size(victims: Victims, world: World, usual: float, what: str) -> None:
    if what == "a string":
        world.add_raw(HEAD + '{"username":"' + "x" * (10 * MB) + '"}' + TAIL, readable=True)
    elif what == "wide characters":
        world.add_raw(HEAD + '{"username":"\U0001f600' + "x" * (10 * MB) + '"}' + TAIL, readable=True)
    elif what == "nesting":
        world.add_raw(HEAD + "[" * 10_000 + "1" + "]" * 10_000 + TAIL)
    else:
        for _ in range(30):
            world.add_raw(HEAD + '{"username":"' + "x" * MB + '"}' + TAIL, readable=True)
    world.add(5)
    ended = victims.run("tick", "--until-caught-up")
    assert ended.code == 0, ended.err
    assert ended.megabytes < usual + 250

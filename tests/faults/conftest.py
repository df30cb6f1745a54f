from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.victims import Victims, Zygote
from tests.faults.world import World
from tests.store.houses import HOUSES, House

KINDS = ("sqlite", "mongodb")
"""The kinds of stores under fault: one of each protocol."""


FOR_A_NIGHT = (
    "test_source_faults",
    "test_hostile_source",
    "test_a_source_that_fails_in_the_middle",
    "killed_at_any_moment",
)
"""What the source does meets every store through one door: on MongoDB these run with the long profile alone."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is for a night."""
    if is_long(config):
        return
    late = [item for item in items if "[mongodb" in item.name and any(name in item.nodeid for name in FOR_A_NIGHT)]
    config.hook.pytest_deselected(items=late)
    items[:] = [item for item in items if item not in set(late)]


def is_long(config: pytest.Config) -> bool:
    """Whether there is a night for it: `--hypothesis-profile=long`."""
    return bool(config.getoption("--hypothesis-profile", None) == "long")


@pytest.fixture(params=KINDS)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    """An empty store of each kind."""
    folder = tmp_path / "store"
    folder.mkdir()
    made: House = HOUSES[request.param](folder)
    return made


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    with Zygote() as zygote:
        yield zygote


@pytest.fixture
def victims(zygote: Zygote, tmp_path: Path, world: World) -> Victims:
    """Commands on that source, and a store in their home unless the test names another."""
    folder = tmp_path / "machine"
    folder.mkdir()
    return Victims(zygote, folder, world.environment)


@pytest.fixture
def long(pytestconfig: pytest.Config) -> bool:
    """Whether there is a night for it."""
    return is_long(pytestconfig)

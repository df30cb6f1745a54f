from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path

import pytest

from dezky_audit_tui.store.store import Store
from tests.store.houses import HOUSES, House


@pytest.fixture(params=HOUSES, ids=list(HOUSES))
def new_house(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], House]:
    """Makes empty houses, one after the other."""
    numbers = count()

    def make() -> House:
        folder = tmp_path / f"house{next(numbers)}"
        folder.mkdir()
        return HOUSES[request.param](folder)

    return make


@pytest.fixture
def house(new_house: Callable[[], House]) -> House:
    return new_house()


@pytest.fixture
async def other_store(house: House, store: Store) -> AsyncIterator[Store]:
    """A second program on the same data."""
    other = await house.enter()
    yield other
    await other.close()

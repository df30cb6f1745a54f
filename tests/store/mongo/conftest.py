from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from tests.store.houses import House
from tests.store.mongo_house import MONGO_HOUSES, MongoHouse, database_of


@pytest.fixture(params=MONGO_HOUSES.values(), ids=list(MONGO_HOUSES))
def new_house(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], House]:
    """Houses of this kind of store alone; on a real MongoDB too, where there is one to test on."""
    return lambda: request.param(tmp_path)


@pytest.fixture
def platform(house: MongoHouse) -> Iterator[Database[dict[str, Any]]]:
    """The database as another program of the platform sees it."""
    with house.client() as client:
        yield database_of(client)

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from tests.store.houses import House
from tests.store.mongo_house import MongoHouse, database_of


@pytest.fixture
def new_house(tmp_path: Path) -> Callable[[], House]:
    """Houses of this kind of store alone."""
    return lambda: MongoHouse(tmp_path)


@pytest.fixture
def platform(house: MongoHouse) -> Iterator[Database[dict[str, Any]]]:
    """The database as another program of the platform sees it."""
    with house.client() as client:
        yield database_of(client)

"""The suite's tests of live rows, on a server without change streams."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.store import test_following as suite
from tests.store.houses import House
from tests.store.mongo_house import StandaloneHouse

test_a_closed_one_brings_nothing = suite.test_a_closed_one_brings_nothing
test_it_brings_rows_older_than_what_is_there = suite.test_it_brings_rows_older_than_what_is_there
test_it_brings_what_comes_once = suite.test_it_brings_what_comes_after_it_was_made_and_brings_it_once
test_it_tells_that_tenants_were_found = suite.test_it_tells_that_tenants_of_older_rows_were_found
test_two_followers_do_not_disturb_each_other = suite.test_two_followers_do_not_disturb_each_other
test_what_another_program_stores_comes_too = suite.test_what_another_program_stores_comes_too


@pytest.fixture
def new_house(tmp_path: Path) -> Callable[[], House]:
    return lambda: StandaloneHouse(tmp_path)

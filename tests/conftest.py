"""What all tests share: how hard hypothesis tries, and where their files lie.

The default tries the same examples in every run, so that a change is judged by what it changed.
`--hypothesis-profile=explore` looks for new ones, and five times as long; `long`, too, and is for a night, not for a
commit.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.effort import USUAL

if TYPE_CHECKING:
    from dezky_audit_tui.store.store import Store
    from tests.store.houses import House

_IN_MEMORY, _ENOUGH = Path("/dev/shm"), 2 * 1024**3
# The stores flush every commit to the disk; what is tested is what they ask for, not how long a disk takes.
if "TMPDIR" not in os.environ and os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free > _ENOUGH:
    os.environ["TMPDIR"] = str(_IN_MEMORY)
    tempfile.tempdir = None

# Programs that are started here are sent these; under nohup, or behind an `&` of a script, they would be born deaf.
for _number, _usual in ((signal.SIGHUP, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _usual)

settings.register_profile(
    "explore", max_examples=5 * USUAL, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("quick", settings.get_profile("explore"), max_examples=USUAL, derandomize=True, database=None)
settings.register_profile("long", settings.get_profile("explore"), max_examples=50 * USUAL)
settings.load_profile("quick")

SLOW = (
    "e2e/",
    "faults/",
    "ingest/test_process",
    *(
        f"cli/test_{name}.py"
        for name in ("copy", "imports", "main", "plain", "reconcile", "service", "settings_beside", "terminal")
    ),
    *(f"tui/test_{name}.py" for name in ("beside", "monkey", "mouse", "pictures", "store_away", "terminal")),
)
"""What starts whole programs, kills them, or lets each call of theirs fail, and what needs the whole dashboard for its
pictures, the mouse, a monkey, or a slow store: a fifth of the tests, and more than half of the time."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `-m "not slow"` leaves out."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).as_posix().startswith(SLOW):
            item.add_marker(pytest.mark.slow)


def pytest_collection_finish() -> None:
    """Leave what the libraries and the tests themselves hold out of each collection of garbage: a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


@pytest.fixture
async def store(house: House) -> AsyncIterator[Store]:
    """A store of the kind that the test's `house` is of, open."""
    store = await house.enter()
    yield store
    await store.close()

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dezky_audit_tui.store.sqlite.store import SqliteStore
from tests.tui.rows import NOON


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """A real store, empty."""
    made = SqliteStore(tmp_path / "audit.db", clock=lambda: NOON)
    await made.open()
    yield made
    await made.close()

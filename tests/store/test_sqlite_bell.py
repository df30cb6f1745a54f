"""SQLite: what tells that somebody writes, without anybody looking."""

from __future__ import annotations

import select
import sys
from pathlib import Path

import pytest

from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.store.sqlite.bell import bell_on
from dezky_audit_tui.store.sqlite.store import SqliteStore
from dezky_audit_tui.store.store import Bell
from tests.store.samples import event, put


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no bell on a file")
async def test_a_bell_rings_when_anybody_writes_and_is_silent_else(tmp_path: Path) -> None:
    store, other = SqliteStore(tmp_path / "audit.db"), SqliteStore(tmp_path / "audit.db")
    await store.open()
    await other.open()
    follower = await store.follow()
    bell = follower.bell()
    assert bell is not None
    assert follower.bell() is bell
    for writer in (other, store):
        assert not rings(bell)
        await put(writer, event(1 if writer is other else 2))
        assert rings(bell)
        bell.silence()
    await store.older(EVERYTHING, None, 10)
    await follower.poll()
    assert not rings(bell)
    await follower.close()
    assert follower.bell() is None
    await other.close()
    await store.close()


def test_there_is_no_bell_on_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert bell_on(tmp_path / "audit.db-wal") is None


def rings(bell: Bell) -> bool:
    """Whether it has rung since it was silenced."""
    return bool(select.select([bell], [], [], 0)[0])

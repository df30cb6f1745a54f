"""What goes wrong while writing: only a row that is there already is no failure; the cursor stays behind the rows."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from pymongo.database import Database

from dezky_audit_tui.errors import AuditError, StoreError, StoreFull, StoreReadOnly, StoreUnavailable
from dezky_audit_tui.store.store import Store
from tests.store.mongo.faults import failing
from tests.store.samples import AUTHENTIK, event, ids, put, take_lease

Platform = Database[dict[str, Any]]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (13, StoreReadOnly),
        (14031, StoreFull),
        (50, StoreUnavailable),
        (12345, StoreUnavailable),
    ],
)
async def test_any_other_error_fails_the_commit_and_moves_nothing(
    store: Store, platform: Platform, code: int, kind: type[StoreError]
) -> None:
    lease = await take_lease(store)
    await put(store, event(1), lease=lease)
    before = await store.state(AUTHENTIK)
    with failing(platform, "insert", errorCode=code), pytest.raises(kind) as told:
        await put(store, event(2), lease=lease)
    assert await store.state(AUTHENTIK) == before
    assert await ids(store, "") == ["id-1"]
    assert "mallory" not in told.value.message
    assert "127.0.0.1" in told.value.message
    await put(store, event(2), lease=lease)
    assert await ids(store, "") == ["id-2", "id-1"]


@pytest.mark.parametrize("command", ["insert", "update"])
async def test_a_write_that_no_majority_confirms_fails_the_commit(
    store: Store, platform: Platform, command: str
) -> None:
    lease = await take_lease(store)
    concern = {"code": 64, "errmsg": "waiting for replication timed out", "codeName": "WriteConcernFailed"}
    with failing(platform, command, writeConcernError=concern), pytest.raises(StoreUnavailable, match="majority"):
        await put(store, event(1), lease=lease)
    assert (await store.state(AUTHENTIK)).rev in ((0,) if command == "insert" else (0, 1))
    await put(store, event(1), event(2), lease=lease)
    assert await ids(store, "") == ["id-2", "id-1"]


@pytest.mark.parametrize("command", ["insert", "update", "find", "listIndexes"])
async def test_a_connection_that_breaks_for_good_fails_the_commit_and_doubles_nothing(
    store: Store, platform: Platform, command: str
) -> None:
    lease = await take_lease(store)
    with failing(platform, command, closeConnection=True), pytest.raises(StoreUnavailable, match="broke"):
        await put(store, event(1), event(2), lease=lease)
    committed = await put(store, event(1), event(2), event(3), lease=lease)
    assert len(committed.inserted) + committed.duplicates == 3
    assert await ids(store, "") == ["id-3", "id-2", "id-1"]


async def test_a_cut_in_the_middle_is_tried_again_and_nobody_notices(store: Store, platform: Platform) -> None:
    lease = await take_lease(store)
    with failing(platform, "insert", times=1, closeConnection=True):
        committed = await put(store, event(1), event(2), lease=lease)
    assert (len(committed.inserted), committed.duplicates) == (2, 0)


async def test_a_unique_index_of_the_platforms_own_that_keeps_a_row_out_is_no_success(
    store: Store, platform: Platform
) -> None:
    lease = await take_lease(store)
    platform.auditevents.create_index("actorId", unique=True)
    with pytest.raises(StoreUnavailable, match="a unique index on actorId"):
        await put(store, event(1), event(2), lease=lease)
    assert (await store.state(AUTHENTIK)).cursor is None


async def test_a_validator_of_the_platforms_is_told(store: Store, platform: Platform) -> None:
    lease = await take_lease(store)
    platform.command("collMod", "auditevents", validator={"actorName": {"$ne": "mallory"}})
    with pytest.raises(StoreUnavailable, match="validation rules") as told:
        await put(store, event(1, actor_name="mallory"), event(2), lease=lease)
    assert (await store.state(AUTHENTIK)).cursor is None
    assert "mallory" not in _all_that_is_told(told.value)


async def test_no_document_is_told_with_an_error(store: Store, platform: Platform) -> None:
    lease = await take_lease(store)
    with failing(platform, "insert", errorCode=2), pytest.raises(StoreUnavailable) as told:
        await put(store, event(1, actor_name="mallory"), lease=lease)
    assert "mallory" not in _all_that_is_told(told.value)


def _all_that_is_told(error: AuditError) -> str:
    """As a log would have it, with every error behind this one."""
    return (
        "".join(traceback.format_exception(error)[-1:])
        + str(error.__cause__)
        + str(error.__suppress_context__ is False)
    )

"""One row per source: the pull's state, the lease, and the wish for a tick now."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta

from dezky_audit_tui.errors import LeaseLost, StoreConflict
from dezky_audit_tui.model.cursor import PullState, state_from_json, state_json
from dezky_audit_tui.model.instants import from_ms, to_ms
from dezky_audit_tui.store.lease_owner import is_dead, shown_owner
from dezky_audit_tui.store.sqlite.codec import to_json
from dezky_audit_tui.store.store import REQUEST_S, Lease

_SLACK = timedelta(seconds=60)
"""A lease that has longer to live than it was given, and this on top, was given by a clock that was wrong."""


def read_state(connection: sqlite3.Connection, source: str) -> PullState:
    """The state as it was written last."""
    found = connection.execute("SELECT state, rev FROM pulls WHERE source = ?", (source,)).fetchone()
    if found is None or found[0] is None:
        return PullState(source)
    return replace(state_from_json(json.loads(found[0])), rev=found[1])


def write_state(connection: sqlite3.Connection, state: PullState) -> PullState:
    """Write it over the one with `state.rev`, and return it with its new rev. Raises StoreConflict."""
    written = replace(state_from_json(state_json(state)), rev=state.rev + 1)
    text = to_json(state_json(written))
    changed = connection.execute(
        "UPDATE pulls SET state = ?, rev = ? WHERE source = ? AND rev = ?", (text, written.rev, state.source, state.rev)
    ).rowcount
    if not changed:
        raise StoreConflict("another ingester went on from this state; the next tick goes on from there")
    return written


def fence(connection: sqlite3.Connection, lease: Lease) -> None:
    """Raises LeaseLost where somebody else has had the lease since. One that expired untaken is still good."""
    found = connection.execute(
        "SELECT lease_epoch, lease_owner FROM pulls WHERE source = ?", (lease.source,)
    ).fetchone()
    if found is None or found != (lease.epoch, lease.owner):
        holder = shown_owner(found[1]) if found and found[1] else "nobody"
        raise LeaseLost(f"the lease of {lease.source} is no longer ours; {holder} has it now")


def acquire(connection: sqlite3.Connection, source: str, owner: str, seconds: float, now: datetime) -> Lease | None:
    """The lease, or None where a living other holds it."""
    connection.execute("INSERT INTO pulls (source) VALUES (?) ON CONFLICT (source) DO NOTHING", (source,))
    held = _held(connection, source, now)
    if held is not None and held.owner != owner and not is_dead(held.owner):
        return None
    epoch, last_owner = connection.execute(
        "SELECT lease_epoch, lease_owner FROM pulls WHERE source = ?", (source,)
    ).fetchone()
    return _give(connection, Lease(source, owner, epoch if last_owner == owner else epoch + 1, now), seconds, now)


def renew(connection: sqlite3.Connection, lease: Lease, seconds: float, now: datetime) -> Lease:
    """The lease with a later end. Raises LeaseLost."""
    fence(connection, lease)
    return _give(connection, lease, seconds, now)


def release(connection: sqlite3.Connection, lease: Lease) -> None:
    """Nobody holds it any more; its epoch stays."""
    connection.execute(
        "UPDATE pulls SET lease_owner = NULL, lease_expires_at = 0 "
        "WHERE source = ? AND lease_epoch = ? AND lease_owner = ?",
        (lease.source, lease.epoch, lease.owner),
    )


def request_lease(connection: sqlite3.Connection, source: str, owner: str, now: datetime) -> None:
    """Ask whoever holds it to pass it on to `owner`."""
    connection.execute(
        "UPDATE pulls SET lease_wanted_by = ?, lease_wanted_at = ? WHERE source = ?", (owner, to_ms(now), source)
    )


def withdraw_request(connection: sqlite3.Connection, source: str, owner: str) -> None:
    """`owner` does not wait for it any more."""
    connection.execute(
        "UPDATE pulls SET lease_wanted_by = NULL WHERE source = ? AND lease_wanted_by = ?", (source, owner)
    )


def wanted_by(connection: sqlite3.Connection, source: str) -> str | None:
    """Who asked for it last, if nobody has answered yet."""
    found = connection.execute("SELECT lease_wanted_by FROM pulls WHERE source = ?", (source,)).fetchone()
    return found[0] if found else None


def pass_lease(connection: sqlite3.Connection, lease: Lease, seconds: float, now: datetime) -> str | None:
    """Whom it went to; None where nobody who may be alive waits for it, or where it is not ours any more."""
    found = connection.execute(
        "SELECT lease_wanted_by, lease_wanted_at FROM pulls WHERE source = ? AND lease_epoch = ? AND lease_owner = ?",
        (lease.source, lease.epoch, lease.owner),
    ).fetchone()
    if found is None or found[0] is None:
        return None
    owner: str = found[0]
    withdraw_request(connection, lease.source, owner)
    if owner == lease.owner or is_dead(owner) or now - from_ms(found[1]) > timedelta(seconds=REQUEST_S):
        return None
    _give(connection, Lease(lease.source, owner, lease.epoch + 1, now), seconds, now)
    return owner


def holder(connection: sqlite3.Connection, source: str, now: datetime) -> Lease | None:
    """The lease of a holder that may be alive."""
    held = _held(connection, source, now)
    return None if held is None or is_dead(held.owner) else held


def request_force(connection: sqlite3.Connection, source: str, now: datetime) -> None:
    """Remember that somebody wants a tick now."""
    connection.execute(
        "INSERT INTO pulls (source, force_requested_at) VALUES (?, ?) "
        "ON CONFLICT (source) DO UPDATE SET force_requested_at = excluded.force_requested_at",
        (source, to_ms(now)),
    )


def force_requested_at(connection: sqlite3.Connection, source: str) -> datetime | None:
    """When somebody asked, if nobody has answered yet."""
    found = connection.execute("SELECT force_requested_at FROM pulls WHERE source = ?", (source,)).fetchone()
    return None if found is None or found[0] is None else from_ms(found[0])


def take_force(connection: sqlite3.Connection, source: str, lease: Lease) -> bool:
    """Whether there was a wish; it is gone then. Only the holder of the lease can take it."""
    return bool(
        connection.execute(
            "UPDATE pulls SET force_requested_at = NULL WHERE source = ? AND force_requested_at IS NOT NULL "
            "AND lease_epoch = ? AND lease_owner = ?",
            (source, lease.epoch, lease.owner),
        ).rowcount
    )


def _held(connection: sqlite3.Connection, source: str, now: datetime) -> Lease | None:
    found = connection.execute(
        "SELECT lease_owner, lease_epoch, lease_expires_at, lease_ms FROM pulls WHERE source = ?", (source,)
    ).fetchone()
    if found is None or found[0] is None:
        return None
    owner, epoch, expires_ms, given_ms = found
    expires_at = from_ms(expires_ms)
    if not now < expires_at <= now + timedelta(milliseconds=given_ms) + _SLACK:
        return None
    return Lease(source, owner, epoch, expires_at)


def _give(connection: sqlite3.Connection, lease: Lease, seconds: float, now: datetime) -> Lease:
    given = timedelta(seconds=seconds)
    expires_ms = to_ms(now + given)
    connection.execute(
        "UPDATE pulls SET lease_owner = ?, lease_epoch = ?, lease_ms = ?, lease_expires_at = ? WHERE source = ?",
        (lease.owner, lease.epoch, given // timedelta(milliseconds=1), expires_ms, lease.source),
    )
    return replace(lease, expires_at=from_ms(expires_ms))

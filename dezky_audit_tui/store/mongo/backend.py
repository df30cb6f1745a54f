"""All that needs the driver, made at once when the store is opened: the connection and its rooms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from dezky_audit_tui.errors import StoreReadOnly
from dezky_audit_tui.store.mongo.address import Address
from dezky_audit_tui.store.mongo.base import Base
from dezky_audit_tui.store.mongo.check import check
from dezky_audit_tui.store.mongo.events import Events
from dezky_audit_tui.store.mongo.findings import Findings
from dezky_audit_tui.store.mongo.journal import Journal
from dezky_audit_tui.store.mongo.leases import Leases
from dezky_audit_tui.store.mongo.live import follow
from dezky_audit_tui.store.mongo.panes import Panes
from dezky_audit_tui.store.mongo.pulls import Pulls
from dezky_audit_tui.store.mongo.schema import Indexes
from dezky_audit_tui.store.mongo.siblings import Siblings
from dezky_audit_tui.store.mongo.timeline import Timeline
from dezky_audit_tui.store.store import Follower, StoreFinding


@dataclass(frozen=True, slots=True)
class Backend:
    """An open store. `read_only`: why nothing can be written, or None."""

    base: Base
    indexes: Indexes
    leases: Leases
    pulls: Pulls
    events: Events
    journal: Journal
    findings: Findings
    siblings: Siblings
    timeline: Timeline
    panes: Panes
    read_only: str | None

    async def follow(self) -> Follower:
        """New rows from now on."""
        return await follow(self.base, self.pulls)

    async def check(self, name: str, now: datetime) -> list[StoreFinding]:
        """For `doctor`."""
        return await check(self.base, self.pulls, self.indexes, self.panes, name, self.read_only, now)

    async def close(self) -> None:
        """Let go."""
        await self.indexes.close()
        self.base.close()


async def connect(address: Address) -> Backend:
    """Reach the server, see whether it may be written, and make the indexes that are missing.

    Raises StoreUnavailable.
    """
    base = Base(address)
    indexes = Indexes(base)
    try:
        await base.greet()
        await _read_at_all(base)
        read_only = await _why_read_only(base)
        if read_only is None:
            await indexes.ensure()
    except BaseException:
        base.close()
        raise
    leases, journal, siblings = Leases(base), Journal(base), Siblings(base)
    pulls = Pulls(base, leases)
    return Backend(
        base=base,
        indexes=indexes,
        leases=leases,
        pulls=pulls,
        events=Events(base, pulls, indexes, siblings),
        journal=journal,
        findings=Findings(base, pulls),
        siblings=siblings,
        timeline=Timeline(base),
        panes=Panes(base, pulls, journal),
        read_only=read_only,
    )


async def _read_at_all(base: Base) -> None:
    """Who may not even read learns it now, and not with the first page. Raises StoreUnavailable."""
    with base.reading():
        await base.events.find_one({"_id": {"$eq": ObjectId()}}, {"_id": 1})


async def _why_read_only(base: Base) -> str | None:
    """Tried with updates that can match nothing: the server looks at the user's rights first."""
    if not base.primary:
        return f"{base.place} is a secondary; name the primary, or the replica set, in AUDIT_STORE"
    nothing = {"_id": {"$eq": ObjectId()}, "source": {"$in": []}}
    try:
        for collection in (base.events, base.cursors):
            with base.writing():
                await collection.update_one(nothing, {"$set": {"updatedAt": None}})
    except StoreReadOnly as error:
        return error.message
    return None

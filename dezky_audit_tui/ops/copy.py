"""Bring what one store holds into another: rows, what was set aside or found, and how far the pull has come.

It may be cut at any moment and run again: what is there already is counted and left as it is. The pull's state is read
before the rows and written behind them, so it never claims a row that was not brought; and it is joined with the
target's own, so that no cursor goes back. Reports of ticks stay: they tell of the ingester of their store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from dezky_audit_tui.errors import LeaseHeld, StoreReadOnly
from dezky_audit_tui.ingest.clocks import elapsed
from dezky_audit_tui.ingest.lease import LeaseKeeper
from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.model.event import AuditEvent, Position
from dezky_audit_tui.model.merge import merged
from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.model.set_aside import SetAside
from dezky_audit_tui.ops.nameless import Nameless
from dezky_audit_tui.store.lease_owner import make_owner, shown_owner
from dezky_audit_tui.store.store import Store

PAGE_ROWS = 500


@dataclass(frozen=True, slots=True)
class CopyReport:
    """How far a copy has come. `total`: rows of the origin when it began; `rows`: those looked at, of which
    `inserted` were new to the target and `duplicates` were there; `set_aside`: items of the quarantine looked at.

    `state`: the pull's state of the target, once all is through. `joined` False: the target keeps its own, since it
    cannot be told that both stores follow the same log.
    """

    total: int = 0
    rows: int = 0
    inserted: int = 0
    duplicates: int = 0
    set_aside: int = 0
    state: PullState | None = None
    joined: bool = True

    @property
    def done(self) -> bool:
        """Whether all is through."""
        return self.state is not None


class Copy:
    """Brings all that `origin` holds into `target`, two open stores, under the target's lease of the source `pull`."""

    def __init__(
        self,
        origin: Store,
        target: Store,
        pull: str,
        *,
        on_progress: Callable[[CopyReport], None] = lambda _: None,
        monotonic: Callable[[], float] = elapsed,
    ) -> None:
        self._origin = origin
        self._target = target
        self._pull = pull
        self._on_progress = on_progress
        self._keeper = LeaseKeeper(target, pull, make_owner(), monotonic=monotonic)
        self._nameless = Nameless(target)
        self.report = CopyReport()

    async def run(self) -> CopyReport:
        """All of it. Raises LeaseHeld where somebody ingests into the target, and a StoreError where one of the two
        stores fails; `report` tells how far it came."""
        if self._target.read_only is not None:
            raise StoreReadOnly(f"{self._target.name}: {self._target.read_only}; nothing was copied")
        if not await self._keeper.acquire():
            raise LeaseHeld(await self._who_holds())
        try:
            async with self._keeper.held():
                await self._bring_all()
        finally:
            self._nameless.close()
        return self.report

    async def _bring_all(self) -> None:
        theirs = await self._origin.state(self._pull)
        ours = await self._target.state(self._pull)
        joined = await self._is_one_log(ours, theirs)
        self._tell(total=await self._origin.count(EVERYTHING))
        than: Position | None = None
        while rows := await self._origin.newer(EVERYTHING, than, PAGE_ROWS):
            ours = await self._bring([row.event for row in rows], ours)
            than = rows[-1].position
        while items := await self._origin.quarantined(PAGE_ROWS, self.report.set_aside):
            ours = await self._commit((), items, ours)
            self._tell(set_aside=self.report.set_aside + len(items))
        await self._bring_findings()
        both = merged(ours, theirs) if joined else ours
        if both != ours:
            ours = await self._commit((), (), both)
        self._tell(state=ours, joined=joined)

    async def _bring(self, events: Sequence[AuditEvent], ours: PullState) -> PullState:
        """One page. What is there already costs a look, and no write."""
        known = {source: await self._known(source, events) for source in {event.source for event in events}}
        named = [event for event in events if event.external_id is not None]
        new = [event for event in named if event.external_id not in known[event.source]]
        new += await self._nameless.missing([event for event in events if event.external_id is None])
        inserted = 0
        if new:
            committed = await self._target.commit(_in_order(new, events), (), ours, self._keeper.current())
            inserted, ours = len(committed.inserted), committed.state
        self._tell(
            rows=self.report.rows + len(events),
            inserted=self.report.inserted + inserted,
            duplicates=self.report.duplicates + len(events) - inserted,
        )
        return ours

    async def _bring_findings(self) -> None:
        """The notes beside the rows; one that the target has keeps the moment when it was found first."""
        seen = 0
        while notes := await self._origin.findings(PAGE_ROWS, seen):
            await self._target.note(notes, self._keeper.current())
            seen += len(notes)

    async def _known(self, source: str, events: Iterable[AuditEvent]) -> frozenset[str]:
        ids = [event.external_id for event in events if event.source == source]
        return await self._target.known(source, [each for each in ids if each is not None])

    async def _commit(self, events: Sequence[AuditEvent], aside: Sequence[SetAside], state: PullState) -> PullState:
        return (await self._target.commit(events, aside, state, self._keeper.current())).state

    async def _is_one_log(self, ours: PullState, theirs: PullState) -> bool:
        """Whether the two states may be joined: the event at the older cursor is stored in the other store too.

        Two different Authentiks under one name would else be taken to have read each other's events.
        """
        if ours.cursor is None or theirs.cursor is None:
            return True
        if ours.cursor.key <= theirs.cursor.key:
            return bool(await self._origin.known(self._pull, [ours.cursor.pk]))
        return bool(await self._target.known(self._pull, [theirs.cursor.pk]))

    async def _who_holds(self) -> str:
        lease = (await self._target.status(self._pull)).lease
        holder = shown_owner(lease.owner) if lease is not None else "another program"
        return (
            f"{holder} ingests into {self._target.name}: end it, run this again, and start it afterwards "
            "(one that was killed on another host holds on for 30 s)"
        )

    def _tell(self, **changes: object) -> None:
        self.report = replace(self.report, **changes)  # type: ignore[arg-type]  # the names are those of the fields
        self._on_progress(self.report)


def _in_order(new: Sequence[AuditEvent], events: Sequence[AuditEvent]) -> list[AuditEvent]:
    """Those of `events` that are new, as they stand there: rows of one moment keep their order."""
    wanted = set(map(id, new))
    return [event for event in events if id(event) in wanted]

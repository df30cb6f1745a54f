"""A life of Authentik's event log, in memory: commits (late ones too), deletions, a clock, faults; and an ingester
that keeps what the pull gives it, crashes where it is told to, and checks the pull's promises after every commit.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from dezky_audit_tui.errors import SourcePageGone, SourceUnavailable
from dezky_audit_tui.model.cursor import RECHECK, UNREAD, Hole, Mark, PullState
from dezky_audit_tui.model.instants import exact_text, parse_instant
from dezky_audit_tui.sources.authentik.pull import EventPull
from dezky_audit_tui.sources.authentik.raw import Again
from dezky_audit_tui.sources.source import Budget

START = parse_instant("2026-11-24T08:00:00Z")
OVERLAP = timedelta(seconds=600)


@dataclass(frozen=True)
class FakeRow:
    """What the pull needs of an event."""

    mark: Mark


@dataclass(frozen=True)
class FakePagination:
    next: int
    count: int
    start_index: int
    end_index: int


@dataclass(frozen=True)
class FakePage:
    """What the pull needs of a page."""

    rows: tuple[FakeRow, ...]
    pagination: FakePagination
    date: datetime | None
    elapsed_s: float = 0.05
    set_aside: tuple[object, ...] = ()
    offsets: tuple[int, ...] = ()

    @property
    def last_index(self) -> int:
        return self.pagination.start_index + self.offsets[-1]


@dataclass
class Life:
    """The server's side. `clamp` is the largest page that it grants; `too_late` are events that committed later
    than the overlap allows, which only the daily re-walk has to find."""

    clamp: int = 100
    now: datetime = START
    keys: list[tuple[datetime, str]] = field(default_factory=list)
    too_late: set[str] = field(default_factory=set)
    requests: int = 0
    pages: list[int] = field(default_factory=list)
    failing: set[int] = field(default_factory=set)
    before_page: Callable[[int], None] | None = None
    next_pk: int = 0

    def commit(self, at: datetime) -> str:
        """An event of that moment becomes visible now."""
        self.next_pk += 1
        # Pks are random in reality: the order within a moment is not that of the commits.
        pk = f"{Random(self.next_pk).getrandbits(128):032x}"
        if self.now - at > OVERLAP:
            self.too_late.add(pk)
        insort(self.keys, (at, pk))
        return pk

    def delete(self, chosen: slice | Callable[[tuple[datetime, str]], bool]) -> None:
        """Events vanish, without leaving one."""
        if isinstance(chosen, slice):
            del self.keys[chosen]
        else:
            self.keys = [key for key in self.keys if not chosen(key)]

    async def events_page(self, page: int, page_size: int) -> FakePage:
        """As Authentik answers it."""
        self.requests += 1
        self.pages.append(page)
        self.now += timedelta(milliseconds=50)
        if self.before_page is not None:
            self.before_page(self.requests)
        if self.requests in self.failing:
            raise SourceUnavailable("away")
        size = min(page_size, self.clamp)
        count = len(self.keys)
        total = max(-(-count // size), 1)
        if not 1 <= page <= total:
            raise SourcePageGone("Invalid page.")
        start = (page - 1) * size
        chosen = self.keys[::-1][start : start + size] if count < 2000 else self._slice(start, size)
        return FakePage(
            rows=tuple(FakeRow(Mark(exact_text(at), pk)) for at, pk in chosen),
            pagination=FakePagination(
                next=page + 1 if page < total else 0,
                count=count,
                start_index=start + 1 if count else 0,
                end_index=min(start + size, count),
            ),
            date=self.now.replace(microsecond=0),
            offsets=tuple(range(len(chosen))),
        )

    def _slice(self, start: int, size: int) -> list[tuple[datetime, str]]:
        end = len(self.keys) - start
        return self.keys[max(end - size, 0) : end][::-1]


@dataclass
class Keeper:
    """The ingester's side: what is durable, and the promises that hold after every commit."""

    life: Life
    budget: Budget
    state: PullState = field(default_factory=lambda: PullState("authentik"))
    stored: set[str] = field(default_factory=set)
    fetched: int = 0
    reread: int = 0
    missing: set[str] = field(default_factory=set)
    caught_up: bool = False
    more: bool = False

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """The program ends and starts again: only what is durable is left."""
        self.pull = EventPull(self.life, lambda: self.life.now)  # type: ignore[arg-type]  # a fake reader

    async def tick(self, *, fill_only: bool = False, crash_after: int | None = None) -> str:
        """One tick; `crash_after` that many commits the program dies. Returns `ok`, `failed` or `crashed`."""
        commits = 0
        try:
            async for step in self.pull.steps(self.state, self.budget, fill_only=fill_only):
                if commits == crash_after:
                    self.restart()
                    return "crashed"
                commits += 1
                if step.again is not None:
                    self._judge(step.again, step.ids)
                self._commit([row.mark for row in step.rows], replace(step.state, rev=self.state.rev + 1))
                self.caught_up, self.more = step.caught_up, step.more
                if step.error is not None:
                    return "failed"
        except SourceUnavailable:
            return "failed"
        return "ok"

    async def until_caught_up(self, most: int = 700) -> int:
        """Ticks until the whole overlap is read and no hole is left; how many it took."""
        budget, self.budget = self.budget, replace(self.budget, whole_overlap=True)
        self.more = False
        for ticks in range(1, most):
            outcome = await self.tick(fill_only=self.more)
            self.life.now += timedelta(seconds=10)  # events of the future come to pass
            if self.caught_up and outcome == "ok":
                self.budget = budget
                return ticks
        raise AssertionError(f"not caught up after {most} ticks: {self.state.holes}")

    def _judge(self, again: Again, ids: frozenset[str]) -> None:
        """What was read again without a break shows all that is there: what is not in it is really gone."""
        assert again.bottom < again.top
        unseen = {pk for at, pk in self.life.keys if again.bottom <= (at, pk) < again.top} - ids
        assert not unseen & self.stored, "it would be told as gone, and is there"
        self.reread += 1
        if again.settled:
            inside = {pk for at, pk in self.life.keys if again.bottom <= (at, pk) < again.top}
            self.missing |= (inside & ids) - self.stored

    def _commit(self, marks: list[Mark], state: PullState) -> None:
        before = self.state
        self.stored |= {mark.pk for mark in marks}
        self.fetched += len(marks)
        self.state = state
        check_promises(before, state, self.life, self.stored)


def outside_of(holes: tuple[Hole, ...], keys: list[tuple[datetime, str]], settled: int) -> Iterator[tuple[int, int]]:
    """The stretches of `keys[:settled]` that lie in no hole."""
    end = settled
    for hole in sorted(holes, key=lambda hole: hole.top.key, reverse=True):
        yield bisect_left(keys, hole.top.key), end
        end = min(end, 0 if hole.bottom is None else bisect_left(keys, (hole.bottom, "")))
    yield 0, end


def check_promises(before: PullState, state: PullState, life: Life, stored: set[str]) -> None:
    """What holds after every commit, whatever happened before."""
    assert state.cursor is None or state.cursor.at <= life.now
    if before.settled_at is not None:
        assert state.settled_at is not None
        assert state.settled_at >= before.settled_at
    if before.cursor is not None:
        assert state.cursor is not None
        assert state.cursor.key >= before.cursor.key
    assert not any(hole.rewalk for hole in state.unread)
    for kind, rewalk in ((UNREAD, False), (RECHECK, False), (RECHECK, True)):
        holes = [hole for hole in state.holes if (hole.kind, hole.rewalk) == (kind, rewalk)]
        for upper, lower in pairwise(holes):
            assert upper.bottom is not None
            assert lower.top.key < (upper.bottom, ""), "holes of one kind are sorted, and do not touch"
    if state.settled_at is None:
        return
    for hole in state.holes:
        if hole.kind == RECHECK:
            assert hole.top.at <= state.settled_at
    settled = bisect_left(life.keys, (state.settled_at, "~"))
    limit = state.history_from
    lost = [
        key
        for start, end in outside_of(state.holes, life.keys, settled)
        for key in life.keys[start:end]
        if key[1] not in stored and key[1] not in life.too_late and (limit is None or key[0] >= limit)
    ]
    assert not lost, f"settled to {state.settled_at}, but not stored and in no hole: {lost[:3]}"


def wanted(life: Life, *, late_too: bool = False) -> set[str]:
    """All that must be in the store when everything has come to rest."""
    return {pk for _, pk in life.keys if late_too or pk not in life.too_late}

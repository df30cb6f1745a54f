"""Who belongs to which groups: one listing of the groups maps all users, and only those without one are looked up.

A wrong tenant is among the worst mistakes, so that an answer that could be out of date is no answer: None, and the
event is resolved again later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from dezky_audit_tui.errors import SourceError
from dezky_audit_tui.model.tenants import Membership
from dezky_audit_tui.sources.authentik.people import Group, UserInfo

REFRESH_S = 300.0
STALE_S = 900.0
"""While Authentik doesn't answer, what it said is believed for this long."""

LOOKUPS_A_TICK = 50
"""Users of no group are looked up one by one: this many a tick."""

_LATE_COMMIT = timedelta(minutes=10)


class People(Protocol):
    """Where groups and users come from. Its methods raise SourceErrors."""

    @property
    def clock_offset_s(self) -> float | None:
        """How many seconds the source's clock is ahead of ours, where that is known."""

    async def groups(self) -> Sequence[Group]:
        """All groups."""

    async def user(self, pk: str) -> UserInfo | None:
        """One user, or None where there is none."""


@dataclass(frozen=True, slots=True)
class _Map:
    """One listing. `at` is our clock before it was asked for, `source_at` the source's. `covers`: the newest change
    whose event was seen before. `is_complete`: every group told its members."""

    groups: Mapping[str, Group]
    direct: Mapping[str, tuple[str, ...]]
    at: datetime
    source_at: datetime
    covers: datetime | None
    is_complete: bool

    def is_older_than(self, changed_at: datetime) -> bool:
        """Whether a change of that time, by the source's clock, may be missing. What had its event before the
        listing was asked for is in it, however coarse the clocks are."""
        return self.source_at <= changed_at and (self.covers is None or self.covers < changed_at)


class Directory:
    """The groups of users. `last_error` is why it did not answer last time, None where it did."""

    def __init__(
        self,
        people: People,
        clock: Callable[[], datetime],
        refresh_s: float = REFRESH_S,
        stale_s: float = STALE_S,
        lookups_a_tick: int = LOOKUPS_A_TICK,
    ) -> None:
        self._people = people
        self._clock = clock
        self._refresh_after = timedelta(seconds=refresh_s)
        self._stale_after = timedelta(seconds=stale_s)
        self._lookups_a_tick = lookups_a_tick
        self._lookups_left = lookups_a_tick
        self._may_refresh = True
        self._map: _Map | None = None
        self._alone: dict[str, Membership] = {}
        self._newest_change: datetime | None = None
        self._turn = asyncio.Lock()
        self.last_error: SourceError | None = None

    def begin_tick(self) -> None:
        """A new tick: one refresh and the look-ups of single users are allowed again."""
        self._may_refresh = True
        self._lookups_left = self._lookups_a_tick

    async def memberships(
        self, user_ids: Collection[str], groups_changed_at: datetime | None
    ) -> Mapping[str, Membership | None]:
        """What is known of each user; None where it cannot be told now. Never raises a SourceError.

        `groups_changed_at`: the newest change of groups among the events at hand, by the source's clock.
        """
        async with self._turn:
            wanted = dict.fromkeys(user_ids)
            if any(map(_is_pk, wanted)) and self._is_refresh_due(wanted, groups_changed_at):
                await self._refresh(_newest(self._newest_change, groups_changed_at))
            self._newest_change = _newest(self._newest_change, groups_changed_at)
            return {user_id: await self._membership(user_id, groups_changed_at) for user_id in wanted}

    def _is_refresh_due(self, user_ids: Collection[str], changed_at: datetime | None) -> bool:
        known = self._map
        if not self._may_refresh:
            return False
        if known is None or self._clock() - known.at >= self._refresh_after or self._clock() < known.at:
            return True
        if changed_at is not None:
            # A change committed late has an earlier time than the listing that did not show it yet.
            is_late = changed_at > known.source_at - _LATE_COMMIT
            is_news = self._newest_change is None or changed_at > self._newest_change
            if known.is_older_than(changed_at) or (is_late and is_news):
                return True
        mapped = (*known.direct, *self._alone) if known.is_complete else user_ids
        return any(map(_is_pk, set(user_ids).difference(mapped)))

    async def _refresh(self, covers: datetime | None) -> None:
        self._may_refresh = False
        # Before the request: what changes while it runs is not in it for sure.
        at = self._clock()
        try:
            groups = await self._people.groups()
        except SourceError as error:
            self.last_error = error
            # A single user would have to wait for the same time-out.
            self._lookups_left = 0
            return
        self.last_error = None
        direct: dict[str, list[str]] = {}
        for group in groups:
            for user_id in group.users or ():
                direct.setdefault(user_id, []).append(group.pk)
        self._map = _Map(
            groups={group.pk: group for group in groups},
            direct={user_id: tuple(pks) for user_id, pks in direct.items()},
            at=at,
            source_at=at + timedelta(seconds=self._people.clock_offset_s or 0.0),
            covers=covers,
            is_complete=all(group.users is not None for group in groups),
        )
        self._alone = {}

    async def _membership(self, user_id: str, changed_at: datetime | None) -> Membership | None:
        if not _is_pk(user_id):
            # No such user can be: somebody wrote this event by hand. It is never put into a path.
            return Membership((), self._clock(), exists=False)
        known = self._map
        if known is None or self._clock() - known.at >= self._stale_after or self._clock() < known.at:
            return None
        if changed_at is not None and known.is_older_than(changed_at):
            return None
        if known.is_complete and user_id in known.direct:
            return Membership(_names(known.groups, known.direct[user_id]), known.at)
        if user_id not in self._alone and self._lookups_left > 0:
            await self._look_up(known, user_id)
        return self._alone.get(user_id)

    async def _look_up(self, known: _Map, user_id: str) -> None:
        self._lookups_left -= 1
        at = self._clock()
        try:
            user = await self._people.user(user_id)
        except SourceError as error:
            # The others would fail, or wait for their time-outs, too.
            self.last_error = error
            self._lookups_left = 0
            return
        if user is None:
            self._alone[user_id] = Membership((), at, exists=False)
            return
        unlisted = {pk: Group(pk, name, (), None) for pk, name in user.groups if pk not in known.groups}
        names = _names({**unlisted, **known.groups}, [pk for pk, _ in user.groups])
        self._alone[user_id] = Membership(names, min(at, known.at) if names else at)


def _is_pk(user_id: str) -> bool:
    """Whether it is a number as Authentik writes one."""
    return user_id.isascii() and user_id.isdecimal() and len(user_id) < 19 and str(int(user_id)) == user_id


def _newest(one: datetime | None, two: datetime | None) -> datetime | None:
    return max(one, two) if one is not None and two is not None else one or two


def _names(groups: Mapping[str, Group], direct: Sequence[str]) -> tuple[str, ...]:
    """The names of the direct groups, sorted, then those of their parents, level by level; each group once."""
    names: list[str] = []
    seen: set[str] = set()
    level = set(direct)
    while level := {pk for pk in level if pk in groups and pk not in seen}:
        ordered = sorted((groups[pk] for pk in level), key=lambda group: (group.name, group.pk))
        names += [group.name for group in ordered]
        seen |= level
        level = {parent for group in ordered for parent in group.parents}
    return tuple(names)

"""Who belongs to which groups: one listing of the groups maps all users, and only those without one are looked up.

A wrong tenant is among the worst mistakes, so that an answer that could be out of date is no answer: None, and the
event is resolved again later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from dezky_audit_tui.errors import SourceError, SourceGarbled, SourceRefused
from dezky_audit_tui.model.tenants import Membership
from dezky_audit_tui.sources.authentik.people import Group, UserInfo

REFRESH_S = 300.0
STALE_S = 900.0
"""While Authentik doesn't answer, what it said is believed for this long."""

LOOKUPS_A_TICK = 50
"""Users of no group are looked up one by one: this many a tick."""

_COST_OF_FAILURE = 10
"""Look-ups that one of them costs whose answer was of no use: the next one's may be."""

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
    """One listing. `at` is our clock before it was asked for, `source_at` the source's. `is_complete`: every group
    told its members."""

    groups: Mapping[str, Group]
    direct: Mapping[str, tuple[str, ...]]
    at: datetime
    source_at: datetime
    is_complete: bool
    told: dict[str, Membership] = field(default_factory=dict)

    def membership(self, user_id: str) -> Membership:
        """Of a user of `direct`. Put together once: the same few are in page after page."""
        if user_id not in self.told:
            self.told[user_id] = Membership(_names(self.groups, self.direct[user_id]), self.at)
        return self.told[user_id]


class Directory:
    """The groups of users. `last_error` is why it did not answer in this tick, None where it did."""

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
        # Users that no look-up was left for: in the last tick, and in this one.
        self._waiting: set[str] = set()
        self._passed_over: set[str] = set()
        self._may_refresh = True
        self._map: _Map | None = None
        self._alone: dict[str, Membership] = {}
        # Changes of groups by their times: seen since the last listing was asked for, and seen before.
        self._pending: set[datetime] = set()
        self._covered: set[datetime] = set()
        self._turn = asyncio.Lock()
        self.last_error: SourceError | None = None

    def begin_tick(self) -> None:
        """A new tick: one refresh and the look-ups of single users are allowed again."""
        self._may_refresh = True
        self._lookups_left = self._lookups_a_tick
        self._waiting, self._passed_over = self._passed_over, set()
        self.last_error = None

    @property
    def waiting(self) -> int:
        """How many users of this tick no look-up was left for."""
        return len(self._passed_over)

    async def memberships(
        self, user_ids: Collection[str], groups_changed_at: datetime | None
    ) -> Mapping[str, Membership | None]:
        """What is known of each user; None where it cannot be told now. Never raises a SourceError.

        `groups_changed_at`: the newest change of groups among the events at hand, by the source's clock.
        """
        async with self._turn:
            wanted = dict.fromkeys(user_ids)
            if groups_changed_at is not None:
                self._note_change(groups_changed_at)
            if any(map(_is_pk, wanted)) and self._is_refresh_due(wanted):
                await self._refresh()
            in_turn = sorted(wanted, key=lambda user_id: user_id not in self._waiting)
            return {user_id: await self._membership(user_id) for user_id in in_turn}

    def _note_change(self, changed_at: datetime) -> None:
        """A change whose event is met again, or is so old that no late commit explains it, is in the map."""
        known = self._map
        if changed_at not in self._covered and (known is None or changed_at > known.source_at - _LATE_COMMIT):
            self._pending.add(changed_at)

    def _is_refresh_due(self, user_ids: Collection[str]) -> bool:
        known = self._map
        if not self._may_refresh:
            return False
        if known is None or self._clock() - known.at >= self._refresh_after or self._clock() < known.at:
            return True
        if self._pending:
            return True
        # An incomplete listing would not tell more the next time: there the look-up of each user has to do. As little
        # would another one tell of those who wait for theirs since the last one.
        known_missing = self._alone.keys() | self._waiting | self._passed_over
        return known.is_complete and any(
            _is_pk(user_id) and user_id not in known.direct and user_id not in known_missing for user_id in user_ids
        )

    async def _refresh(self) -> None:
        self._may_refresh = False
        # What had its event before the listing is asked for is in it, however the clocks differ.
        seen = self._pending | self._covered
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
            is_complete=all(group.users is not None for group in groups),
        )
        self._alone = {}
        self._covered = {change for change in seen if change > self._map.source_at - _LATE_COMMIT}
        self._pending = set()

    async def _membership(self, user_id: str) -> Membership | None:
        if not _is_pk(user_id):
            # No such user can be: somebody wrote this event by hand. It is never put into a path.
            return Membership((), self._clock(), exists=False)
        known = self._map
        if known is None or self._clock() - known.at >= self._stale_after or self._clock() < known.at:
            return None
        if any(change >= known.source_at for change in self._pending):
            return None
        if known.is_complete and user_id in known.direct:
            return known.membership(user_id)
        if user_id not in self._alone:
            if self._may_look_up(user_id):
                self._passed_over.discard(user_id)
                await self._look_up(known, user_id)
            else:
                self._passed_over.add(user_id)
        return self._alone.get(user_id)

    def _may_look_up(self, user_id: str) -> bool:
        """Who was passed over in the last tick comes before the others, who else might take all look-ups each time."""
        if user_id in self._waiting:
            self._waiting.discard(user_id)
            return self._lookups_left > 0
        return self._lookups_left > min(len(self._waiting), self._lookups_a_tick // 2)

    async def _look_up(self, known: _Map, user_id: str) -> None:
        self._lookups_left -= 1
        at = self._clock()
        try:
            user = await self._people.user(user_id)
            if not known.groups and (user is None or user.groups):
                raise _blind()
        except SourceError as error:
            self.last_error = error
            if isinstance(error, SourceGarbled) or error.kind == "server_error":
                # It answered: there may be something wrong with this user alone.
                self._lookups_left = max(self._lookups_left - _COST_OF_FAILURE + 1, 0)
            else:
                # The others would fail, or wait for their time-outs, too.
                self._lookups_left = 0
            return
        if user is None:
            self._alone[user_id] = Membership((), at, exists=False)
            return
        unlisted = {pk: Group(pk, name, (), None) for pk, name in user.groups if pk not in known.groups}
        names = _names({**unlisted, **known.groups}, [pk for pk, _ in user.groups])
        self._alone[user_id] = Membership(names, min(at, known.at) if names else at)


def _blind() -> SourceRefused:
    """No group is listed, and what is said of a user does not fit: without permission, Authentik up to 2023.8 shows
    nothing, and nobody would have a tenant."""
    return SourceRefused(
        "Authentik lists no group at all: give the token's user the permissions 'Can view Group' "
        "(authentik_core.view_group) and 'Can view User' (authentik_core.view_user), and use no "
        "internal service account",
        kind="no_permission",
    )


def _is_pk(user_id: str) -> bool:
    """Whether it is a number as Authentik writes one."""
    return user_id.isascii() and user_id.isdecimal() and len(user_id) < 19 and str(int(user_id)) == user_id


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

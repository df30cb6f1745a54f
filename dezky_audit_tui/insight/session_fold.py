"""From what one administrator did as others to impersonation sessions. Pure: the same beats, the same sessions.

A session begins with a start and ends by an end, by a logout while impersonating, or by a new start from the same
client (address and user agent), whose browser can be somebody else only once. An end names nobody: it belongs to
the client that it came from. A start through an API token leaves no session in a browser, so no end ever comes:
it stays open, since nothing in the record tells it from one that was left open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from dezky_audit_tui.insight.kinds import Client, PersonKey, Place, person_key
from dezky_audit_tui.model.event import Person

Ending = Literal["ended", "logout", "new_start"]
BeatKind = Literal["start", "end", "logout", "action"]

IN_FLIGHT = timedelta(seconds=10)
"""A request that was on its way when its session ended may be recorded that much later."""


@dataclass(frozen=True, slots=True)
class Beat:
    """One event of an impersonation, as far as sessions need it. `weight`: how many actions it stands for."""

    place: Place
    kind: BeatKind
    source: str
    admin: Person
    behalf: Person | None
    client: Client
    tenant: str | None = None
    reason: str | None = None
    weight: int = 1

    @property
    def whom(self) -> PersonKey | None:
        """The key of the impersonated person."""
        return person_key(self.behalf) if self.behalf is not None else None


@dataclass(frozen=True, slots=True)
class Session:
    """`admin` as `behalf` (None where only an end without a start is known).

    `started_at` None: the start was not seen, and `first_at` is the first thing that was. `ended_at` and `how` are
    None while no end was seen. `actions`: what was done in between. `key` tells it from others.
    """

    key: Place
    source: str
    admin: Person
    behalf: Person | None
    started_at: datetime | None
    first_at: datetime
    last_at: datetime
    ended_at: datetime | None = None
    how: Ending | None = None
    actions: int = 0
    reason: str | None = None
    address: str | None = None
    tenant: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether no end was seen."""
        return self.how is None

    def age(self, now: datetime) -> timedelta:
        """How long it lasted, or lasts by now; never negative."""
        return max((self.ended_at or now) - self.first_at, timedelta())


class Draft:
    """A session while its beats are read in order."""

    __slots__ = ("actions", "behalf", "clients", "closed", "first", "how", "last", "started", "tenant", "whom")

    def __init__(self, beat: Beat) -> None:
        self.first = beat
        self.last = beat.place
        self.behalf = beat.behalf
        self.whom = beat.whom
        self.tenant = beat.tenant
        self.started = beat.kind == "start"
        self.actions = 0
        self.how: Ending | None = None
        self.closed: Place | None = None
        self.clients: tuple[Client, ...] = (beat.client,)

    def join(self, beat: Beat) -> None:
        """One more beat of it."""
        self.last = max(self.last, beat.place)
        if beat.client not in self.clients:
            self.clients += (beat.client,)
        if self.behalf is None:
            self.behalf, self.whom = beat.behalf, beat.whom
        self.tenant = self.tenant or beat.tenant
        if beat.kind == "action":
            self.actions += beat.weight

    def close(self, how: Ending, place: Place) -> None:
        """It ends."""
        self.how, self.closed = how, place

    def session(self) -> Session:
        """As it is told."""
        first = self.first
        return Session(
            key=first.place,
            source=first.source,
            admin=first.admin,
            behalf=self.behalf,
            started_at=first.place[0] if self.started else None,
            first_at=first.place[0],
            last_at=self.last[0],
            ended_at=self.closed[0] if self.closed is not None else None,
            how=self.how,
            actions=self.actions,
            reason=first.reason,
            address=first.client[0],
            tenant=self.tenant,
        )


class Folding:
    """The sessions in the beats of one administrator. `drafts`: in the order in which they begin; `owners`: for each
    beat the number of its session."""

    def __init__(self, beats: Sequence[Beat] = ()) -> None:
        self.drafts: list[Draft] = []
        self.owners: list[int] = []
        self._open: list[int] = []
        for beat in beats:
            self.push(beat)

    def push(self, beat: Beat) -> None:
        """The next beat: its place lies after that of all others."""
        drafts = self.drafts
        if beat.kind == "start":
            for at in [at for at in self._open if drafts[at].first.client == beat.client]:
                drafts[at].close("new_start", beat.place)
                self._open.remove(at)
            owner = None
        else:
            owner = _owner(drafts, self._open, beat)
        if owner is None:
            owner = len(drafts)
            drafts.append(Draft(beat))
            self._open.append(owner)
        drafts[owner].last = max(drafts[owner].last, beat.place)
        if beat.kind != "start":
            drafts[owner].join(beat)
        if beat.kind in ("end", "logout") and owner in self._open:
            drafts[owner].close("ended" if beat.kind == "end" else "logout", beat.place)
            self._open.remove(owner)
        self.owners.append(owner)


def _owner(drafts: Sequence[Draft], open_ones: Sequence[int], beat: Beat) -> int | None:
    """The session that a beat other than a start belongs to."""
    best: tuple[int, bool, int] | None = None
    whom, client, is_action = beat.whom, beat.client, beat.kind == "action"
    for at in open_ones:
        draft = drafts[at]
        same = draft.whom == whom
        if is_action and not same:
            continue
        likeness = _likeness(draft.first.client, client)
        # Who it was done as is in the record of all but an end: there it is what somebody put together.
        fits = is_action or (likeness > 0 and (same or beat.kind == "end" or draft.whom is None))
        if fits and (best is None or (likeness, same, at) > best):
            best = (likeness, same, at)
    if best is not None:
        return best[2]
    if is_action:
        for at in range(len(drafts) - 1, -1, -1):
            draft = drafts[at]
            if draft.closed is not None and draft.whom == whom and draft.closed[0] >= beat.place[0] - IN_FLIGHT:
                return at
    return None


def _likeness(one: Client, two: Client) -> int:
    """2: the same client; 1: perhaps, at another address; 0: another program."""
    if one == two:
        return 2
    return 1 if one[1] == two[1] or one[1] is None or two[1] is None else 0

"""Impersonation as sessions: who was whom, since when, until when, and what was done in between.

A book takes events in any order, as often as they come, and tells the sessions of all it has seen. Its memory is
bounded: what is given up first are the oldest sessions that ended; one without an end never is.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from sys import intern
from typing import overload

from dezky_audit_tui.insight.kinds import (
    ENDED,
    LOGOUT,
    STARTED,
    Client,
    PersonKey,
    Place,
    actor_of,
    client_of,
    kind_of,
    person_key,
    place_of,
    text_in,
)
from dezky_audit_tui.insight.session_fold import Beat, BeatKind, Draft, Folding, Session
from dezky_audit_tui.model.event import AuditEvent, Person

LIMIT = 20_000
"""Events of impersonations that a book holds."""

_KEPT_SHARE = 0.9
_KINDS: dict[str, BeatKind] = {STARTED: "start", ENDED: "end", LOGOUT: "logout"}

AdminKey = tuple[str, PersonKey]


def beat_of(event: AuditEvent) -> Beat | None:
    """What an event says about impersonation; None where it says nothing."""
    kind = _KINDS.get(kind_of(event), "action")
    if event.on_behalf_of is None and kind not in ("start", "end"):
        return None
    admin = actor_of(event)
    if person_key(admin) is None:
        return None
    return Beat(
        place=place_of(event),
        kind=kind,
        source=_once(event.source),
        admin=_same(admin),
        behalf=_same(event.on_behalf_of) if event.on_behalf_of is not None else None,
        client=_same_client(client_of(event)),
        tenant=_once(event.tenant_slug),
        reason=_once(text_in(event, "reason")) if kind == "start" else None,
    )


@lru_cache(maxsize=1_000)
def _same(person: Person) -> Person:
    """An equal one that is held already."""
    return Person(_once(person.id), _once(person.name), _once(person.email))


@lru_cache(maxsize=1_000)
def _same_client(client: Client) -> Client:
    """As above."""
    return _once(client[0]), _once(client[1])


@overload
def _once(text: str) -> str: ...
@overload
def _once(text: str | None) -> str | None: ...
def _once(text: str | None) -> str | None:
    """Held in memory once, however many beats of a few people in a few browsers say the same."""
    return None if text is None else intern(text)


class _Ledger:
    """The beats of one administrator, in order, and the sessions they make."""

    def __init__(self) -> None:
        self.beats: list[Beat] = []
        self._folding = Folding()
        self._dirty = False
        self._given_up: dict[Client, Place] = {}
        self._given_up_as: dict[PersonKey, Place] = {}

    def put(self, beat: Beat) -> int:
        """How many beats it holds more: 0 where it was there, or lies in what was given up."""
        if self._is_over(beat):
            return 0
        at = bisect_left(self.beats, beat.place, key=_place)
        if at == len(self.beats) and not self._dirty:
            # What comes live comes last: nothing of what is known changes.
            self.beats.append(beat)
            self._folding.push(beat)
            return 1
        self._dirty = True
        if at < len(self.beats) and self.beats[at].place == beat.place:
            self.beats[at] = replace(beat, weight=self.beats[at].weight)
            return 0
        insort(self.beats, beat, key=_place)
        return 1

    def fold(self) -> Folding:
        """The sessions, made anew where beats have come in between."""
        if self._dirty:
            self._folding = Folding(self.beats)
            self._dirty = False
        return self._folding

    def owner(self, place: Place) -> Draft | None:
        """The session of the beat at that place."""
        folding = self.fold()
        at = bisect_left(self.beats, place, key=_place)
        if at < len(self.beats) and self.beats[at].place == place:
            return folding.drafts[folding.owners[at]]
        return None

    def give_up(self, numbers: set[int]) -> None:
        """Let sessions go that have ended."""
        folding = self.fold()
        for number in numbers:
            draft = folding.drafts[number]
            end = max(draft.last, draft.closed or draft.last)
            for client in draft.clients:
                self._given_up[client] = max(self._given_up.get(client, end), end)
            if draft.whom is not None:
                self._given_up_as[draft.whom] = max(self._given_up_as.get(draft.whom, end), end)
        self.beats = [beat for beat, owner in zip(self.beats, folding.owners, strict=True) if owner not in numbers]
        self._dirty = True

    def shrink(self) -> None:
        """One beat for all actions of each session, at the place of the last: they are counted still."""
        owners = self.fold().owners
        acted = Counter[int]()
        for beat, owner in zip(self.beats, owners, strict=True):
            if beat.kind == "action":
                acted[owner] += beat.weight
        kept: list[Beat] = []
        for beat, owner in zip(reversed(self.beats), reversed(owners), strict=True):
            if beat.kind != "action":
                kept.append(beat)
            elif weight := acted.pop(owner, 0):
                kept.append(replace(beat, weight=weight))
        self.beats = kept[::-1]
        self._dirty = True

    def _is_over(self, beat: Beat) -> bool:
        """Whether it belongs to what was given up. What a client did before a session that ended was over by then,
        and must not look open."""
        if beat.kind == "action":
            end = self._given_up_as.get(beat.whom) if beat.whom is not None else None
        else:
            end = self._given_up.get(beat.client)
        return end is not None and beat.place <= end


class SessionBook:
    """Sessions of all events that it was given, in any order. `limit`: events of impersonations held at most, as
    long as they are not all starts of sessions that have not ended."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = self._room = limit
        self._ledgers: dict[AdminKey, _Ledger] = {}
        self._held = 0

    def __len__(self) -> int:
        """Events that are held."""
        return self._held

    def add(self, event: AuditEvent) -> bool:
        """Take an event; whether it has to do with impersonation."""
        beat = beat_of(event)
        if beat is None:
            return False
        key = _admin_key(beat)
        ledger = self._ledgers.get(key)
        if ledger is None:
            ledger = self._ledgers[key] = _Ledger()
        self._held += ledger.put(beat)
        if self._held > self._room:
            self._let_go()
        return True

    def add_all(self, events: Iterable[AuditEvent]) -> bool:
        """Take events; whether any has to do with impersonation."""
        return sum(self.add(event) for event in events) > 0

    def settle(self) -> Iterator[None]:
        """Put together what has been added, one administrator a step: after many it takes a while."""
        for ledger in list(self._ledgers.values()):
            ledger.fold()
            yield

    def session_of(self, event: AuditEvent) -> Session | None:
        """The session that an event belongs to; None where it belongs to none that is known."""
        beat = beat_of(event)
        ledger = self._ledgers.get(_admin_key(beat)) if beat is not None else None
        draft = ledger.owner(beat.place) if ledger is not None and beat is not None else None
        return draft.session() if draft is not None else None

    def sessions(self) -> list[Session]:
        """All: those without an end first, then the ended ones, each the newest first."""
        found: list[Session] = []
        for ledger in self._ledgers.values():
            found += [draft.session() for draft in ledger.fold().drafts]
        found.sort(key=lambda session: session.key, reverse=True)
        return sorted(found, key=lambda session: not session.is_open)

    def open(self) -> list[Session]:
        """Those without an end, the newest first."""
        found: list[Session] = []
        for ledger in self._ledgers.values():
            found += [draft.session() for draft in ledger.fold().drafts if draft.closed is None]
        return sorted(found, key=lambda session: session.key, reverse=True)

    def _let_go(self) -> None:
        """The sessions that ended first, until there is room; then the single actions of those that did not."""
        wanted = int(self._limit * _KEPT_SHARE)
        ended: list[tuple[Place, AdminKey, int]] = []
        sizes: dict[AdminKey, Counter[int]] = {}
        for key, ledger in self._ledgers.items():
            folding = ledger.fold()
            sizes[key] = Counter(folding.owners)
            ended += [(draft.closed, key, at) for at, draft in enumerate(folding.drafts) if draft.closed is not None]
        ended.sort(key=lambda each: each[0])
        going: dict[AdminKey, set[int]] = {}
        left = self._held
        for _, key, number in ended:
            if left <= wanted:
                break
            left -= sizes[key][number]
            going.setdefault(key, set()).add(number)
        for key, numbers in going.items():
            self._ledgers[key].give_up(numbers)
        if left > wanted:
            for ledger in self._ledgers.values():
                ledger.shrink()
        self._held = sum(len(ledger.beats) for ledger in self._ledgers.values())
        # Where nothing more can go, trying again at each event would only cost time.
        self._room = max(self._limit, self._held + self._limit // 10)


def _admin_key(beat: Beat) -> AdminKey:
    key = person_key(beat.admin)
    assert key is not None  # beat_of makes none without
    return beat.source, key


def _place(beat: Beat) -> Place:
    return beat.place

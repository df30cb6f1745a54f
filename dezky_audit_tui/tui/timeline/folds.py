"""Which rows are told as one: bursts of failed logins until they are opened, impersonations once they are closed. Pure.

A fold stands where its newest row stands. What belongs together is told by the books of `insight`, fed with the rows
that are shown and with those that a reader of the store brings along.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from dezky_audit_tui.insight.bursts import Burst, BurstBook
from dezky_audit_tui.insight.kinds import LOGIN, LOGIN_FAILED, Place, kind_of, place_of
from dezky_audit_tui.insight.session_fold import Session
from dezky_audit_tui.insight.sessions import SessionBook, beat_of
from dezky_audit_tui.model.event import Position, Row

ATTEMPTS = 5_000
"""Attempts to log in that are held; when there are more, those of the rows on show are read anew."""

MOST = 1_000
"""Rows that one fold stands for. A longer burst is many folds of about `_PART` rows: a reader who goes down, and a
window that moves along, must come to another line before the window is full."""

_PART = 128

TOP, MIDDLE, BOTTOM, OPENED, LOOSE = "╭", "│", "╰", "▾", "┊"
"""The signs of rows that belong together: a session's end, what was done in it, its start; a burst that is open."""

CLOSED = "▸"
"""The sign of a row that stands for others."""


@dataclass(frozen=True, slots=True)
class Fold:
    """What stands for `count` rows: either a burst or a session."""

    count: int
    burst: Burst | None = None
    session: Session | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """`heads`: rows that stand for others. `hidden`: rows that are not shown, and the head of each. `tags`: the sign
    before a row that belongs to something. `after`: logins that came of an open burst."""

    heads: Mapping[Position, Fold] = field(default_factory=dict)
    hidden: Mapping[Position, Position] = field(default_factory=dict)
    tags: Mapping[Position, str] = field(default_factory=dict)
    after: Mapping[Position, Burst] = field(default_factory=dict)

    def shown(self, position: Position) -> Position:
        """The row that stands for one: itself, or its head."""
        return self.hidden.get(position, position)


class _Attempt(NamedTuple):
    source: str
    place: Place


_Role = _Attempt | Place | None
"""An attempt to log in, an event of an impersonation, or neither."""

PLAIN = Layout()
"""Every row for itself."""


class Folds:
    """`sessions` is kept up by somebody else."""

    def __init__(self, sessions: SessionBook) -> None:
        self._sessions = sessions
        self._of_rows = SessionBook()
        self._bursts = BurstBook()
        self._role_of: dict[Position, _Role] = {}
        self._opened: set[Place] = set()
        self._closed: set[Place] = set()
        self.resets = 0
        """How often all attempts but those on show were forgotten."""

    def bring(self, rows: Iterable[Row]) -> bool:
        """Rows that are not shown, but tell about some that are; whether they tell anything new."""
        return self._bursts.add_all(row.event for row in rows)

    def lay(self, newest_first: Sequence[Row]) -> Layout:
        """How the rows on show stand together."""
        self._see(newest_first)
        bursts: dict[Place, list[Position]] = {}
        burst_of: dict[Place, Burst] = {}
        sessions: dict[Place, list[Position]] = {}
        session_of: dict[Place, Session] = {}
        role_of = self._role_of
        for row in newest_first:
            role = role_of[row.position]
            if role is None:
                continue
            if isinstance(role, _Attempt):
                burst = self._bursts.burst_at(role.source, role.place)
                if burst is not None:
                    bursts.setdefault(burst.key, []).append(row.position)
                    burst_of[burst.key] = burst
            else:
                session = self.session_of(row)
                if session is not None:
                    sessions.setdefault(session.key, []).append(row.position)
                    session_of[session.key] = session
        heads: dict[Position, Fold] = {}
        hidden: dict[Position, Position] = {}
        tags: dict[Position, str] = {}
        after: dict[Position, Burst] = {}
        for key, places in bursts.items():
            burst = burst_of[key]
            if len(places) > 1 and not self._is_opened(places):
                for part in _parts(places, burst.failures):
                    heads[part[0]] = Fold(len(part), burst=burst)
                    hidden.update((place, part[0]) for place in part[1:])
                continue
            tags.update((place, LOOSE) for place in places)
            if len(places) > 1:
                tags[places[0]] = OPENED
            got_in = {success.place for success in burst.successes}
            after.update((place, burst) for place in places if self._place(place) in got_in)
        for key, places in sessions.items():
            session = session_of[key]
            if len(places) > 1 and key in self._closed:
                for part in _parts(places, session.actions):
                    heads[part[0]] = Fold(len(part), session=session)
                    hidden.update((place, part[0]) for place in part[1:])
                continue
            for place in places:
                tags[place] = _sign(self._place(place), session)
        return Layout(heads, hidden, tags, after)

    def toggle(self, row: Row, layout: Layout) -> str | None:
        """Open or close what a row belongs to: what was done, in words; None where it belongs to nothing."""
        role = self._role_of.get(row.position)
        if isinstance(role, _Attempt):
            burst = self._bursts.burst_at(role.source, role.place)
            if burst is None:
                return None
            tried = (each for each in self._role_of.values() if isinstance(each, _Attempt))
            keys = {each.place for each in tried if self._bursts.burst_at(each.source, each.place) == burst}
            if keys & self._opened:
                self._opened -= keys
                return "burst closed"
            self._opened |= keys
            return "burst open"
        session = self.session_of(row) if role is not None else None
        if session is not None:
            self._closed ^= {session.key}
            return "session folded" if session.key in self._closed else "session open"
        return None

    def session_of(self, row: Row) -> Session | None:
        """The impersonation that a row belongs to, of long ago as far as it is on show."""
        return self._sessions.session_of(row.event) or self._of_rows.session_of(row.event)

    def burst_of(self, row: Row) -> Burst | None:
        """The burst that a row belongs to."""
        return self._bursts.burst_of(row.event)

    def _see(self, rows: Sequence[Row]) -> None:
        if len(self._bursts) > ATTEMPTS or len(self._role_of) > 4 * max(len(rows), ATTEMPTS):
            self._bursts, self._of_rows = BurstBook(), SessionBook()
            self._role_of = {}
            self.resets += 1
        for row in rows:
            if row.position not in self._role_of:
                self._role_of[row.position] = self._role(row)

    def _role(self, row: Row) -> _Role:
        """What a row has to do with bursts and sessions; their books take it."""
        event = row.event
        if kind_of(event) in (LOGIN, LOGIN_FAILED) and event.on_behalf_of is None:
            self._bursts.add(event)
            return _Attempt(event.source, place_of(event))
        if beat_of(event) is None:
            return None
        self._sessions.add(event)
        self._of_rows.add(event)
        return place_of(event)

    def _place(self, position: Position) -> Place:
        role = self._role_of[position]
        assert role is not None  # it has to do with something
        return role.place if isinstance(role, _Attempt) else role

    def _is_opened(self, places: Iterable[Position]) -> bool:
        return any(self._place(place) in self._opened for place in places)


def _sign(place: Place, session: Session) -> str:
    if session.started_at is not None and place == session.key:
        return BOTTOM
    return TOP if session.ended_at is not None and place[0] >= session.ended_at else MIDDLE


def _parts(places: Sequence[Position], known: int) -> Iterator[Sequence[Position]]:
    """`known`: how many there are, on show or not. Where a part begins is told by the row alone: it must not move when
    the window does."""
    if known <= MOST:
        yield places
        return
    begins = [0, *(at for at, place in enumerate(places) if at and not hash(place) % _PART)]
    for begin, end in zip(begins, [*begins[1:], len(places)], strict=True):
        yield places[begin:end]

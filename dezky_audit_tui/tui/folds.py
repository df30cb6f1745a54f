"""Which rows are told as one: bursts of failed logins until they are opened, impersonations once they are closed. Pure.

A fold stands where its newest row stands. What belongs together is told by the books of `insight`, fed with the rows
that are shown and with those that a reader of the store brings along.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dezky_audit_tui.insight.bursts import Burst, BurstBook
from dezky_audit_tui.insight.kinds import LOGIN, LOGIN_FAILED, Place, kind_of, place_of
from dezky_audit_tui.insight.session_fold import Session
from dezky_audit_tui.insight.sessions import SessionBook, beat_of
from dezky_audit_tui.model.event import Position, Row

ATTEMPTS = 10_000
"""Attempts to log in that are held; when there are more, those of the rows on show are read anew."""

MOST = 500
"""Rows that one fold stands for at most: a longer burst is several folds, so that a full window is never one line."""

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


PLAIN = Layout()
"""Every row for itself."""


class Folds:
    """`sessions` is kept up by somebody else; `version` rises when rows may be laid out in another way."""

    def __init__(self, sessions: SessionBook) -> None:
        self._sessions = sessions
        self._bursts = BurstBook()
        self._attempts: dict[Position, tuple[str, Place]] = {}
        self._borrowed: dict[Position, Row] = {}
        self._other: set[Position] = set()
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
        attempts, borrowed = self._attempts, self._borrowed
        for row in newest_first:
            position = row.position
            if position in attempts:
                burst = self._bursts.burst_at(*attempts[position])
                if burst is not None:
                    bursts.setdefault(burst.key, []).append(position)
                    burst_of[burst.key] = burst
            elif position in borrowed:
                session = self._sessions.session_of(row.event)
                if session is not None:
                    sessions.setdefault(session.key, []).append(position)
                    session_of[session.key] = session
        heads: dict[Position, Fold] = {}
        hidden: dict[Position, Position] = {}
        tags: dict[Position, str] = {}
        after: dict[Position, Burst] = {}
        for key, places in bursts.items():
            burst = burst_of[key]
            if len(places) > 1 and not self._is_opened(places):
                for part in _parts(places):
                    heads[part[0]] = Fold(len(part), burst=burst)
                    hidden.update((place, part[0]) for place in part[1:])
                continue
            tags.update((place, LOOSE) for place in places)
            if len(places) > 1:
                tags[places[0]] = OPENED
            got_in = {success.place for success in burst.successes}
            after.update((place, burst) for place in places if attempts[place][1] in got_in)
        for key, places in sessions.items():
            session = session_of[key]
            if len(places) > 1 and key in self._closed:
                for part in _parts(places):
                    heads[part[0]] = Fold(len(part), session=session)
                    hidden.update((place, part[0]) for place in part[1:])
                continue
            for place in places:
                tags[place] = self._sign(borrowed[place], session)
        return Layout(heads, hidden, tags, after)

    def toggle(self, row: Row, layout: Layout) -> str | None:
        """Open or close what a row belongs to: what was done, in words; None where it belongs to nothing."""
        position = row.position
        if position in self._attempts:
            burst = self._bursts.burst_at(*self._attempts[position])
            if burst is None:
                return None
            places = {place for place in self._attempts.values() if self._bursts.burst_at(*place) == burst}
            keys = {place for _, place in places}
            if keys & self._opened:
                self._opened -= keys
                return "burst closed"
            self._opened |= keys
            return "burst open"
        if position in self._borrowed:
            session = self._sessions.session_of(row.event)
            if session is None:
                return None
            self._closed ^= {session.key}
            return "session folded" if session.key in self._closed else "session open"
        return None

    def session_of(self, row: Row) -> Session | None:
        """The impersonation that a row belongs to."""
        return self._sessions.session_of(row.event)

    def burst_of(self, row: Row) -> Burst | None:
        """The burst that a row belongs to."""
        return self._bursts.burst_of(row.event)

    def _see(self, rows: Sequence[Row]) -> None:
        if len(self._bursts) > ATTEMPTS or len(self._other) + len(self._attempts) > 4 * max(len(rows), ATTEMPTS):
            self._bursts = BurstBook()
            self._attempts, self._borrowed, self._other = {}, {}, set()
            self.resets += 1
        for row in rows:
            position = row.position
            if position in self._other or position in self._attempts or position in self._borrowed:
                continue
            if kind_of(row.event) in (LOGIN, LOGIN_FAILED) and row.event.on_behalf_of is None:
                self._bursts.add(row.event)
                self._attempts[position] = (row.event.source, place_of(row.event))
            elif beat_of(row.event) is not None:
                self._sessions.add(row.event)
                self._borrowed[position] = row
            else:
                self._other.add(position)

    def _is_opened(self, places: Iterable[Position]) -> bool:
        return any(self._attempts[place][1] in self._opened for place in places)

    def _sign(self, row: Row, session: Session) -> str:
        moment = place_of(row.event)
        if session.started_at is not None and moment == session.key:
            return BOTTOM
        return TOP if session.ended_at is not None and moment[0] >= session.ended_at else MIDDLE


def _parts(places: Sequence[Position]) -> Iterator[Sequence[Position]]:
    for start in range(0, len(places), MOST):
        yield places[start : start + MOST]

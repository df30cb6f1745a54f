"""The line of impersonations without an end: always there while there is one. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from dezky_audit_tui.insight.kinds import name_of
from dezky_audit_tui.insight.session_fold import Session
from dezky_audit_tui.insight.words import clock_text, state_text
from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.words.pieces import Line, Piece, Tone, crop, spread, width_of

_NAME = 24
"""Cells of a name, where there are several sessions to show."""

_LEAST_NAME = 3
_LONG = timedelta(hours=1)
_HINTS: tuple[Line, ...] = (
    (Piece("o", "key"), Piece(" go there  ", "dim"), Piece("O", "key"), Piece(" list ", "dim")),
    (Piece("o O", "key"), Piece(" ")),
)


class _Standing(NamedTuple):
    """How a session stands at the moment."""

    session: Session
    state: str
    age: timedelta


class _Open(NamedTuple):
    """All of them, the newest first: so the `running` ones come first, and how old each is follows from the few that
    are looked at. There may be hundreds, and the line is laid out every second."""

    sessions: Sequence[Session]
    running: int
    now: datetime

    def at(self, place: int) -> _Standing:
        """One of them."""
        session = self.sessions[place]
        return _Standing(session, state_text(session, self.now), session.age(self.now))

    def rest(self, place: int, *, brief: bool) -> Line:
        """How many there are from a place on, how many of those were left open long ago, and (unless `brief`) how
        long ago."""
        running = max(0, self.running - place)
        old = len(self.sessions) - max(self.running, place)
        if not running and not old:
            return ()
        parts = [f"+{running:,} open"] if running else []
        if old:
            age = "" if brief else f", up to {clock_text(self.sessions[-1].age(self.now))}"
            parts.append(f"+{old:,} not ended{age}")
        return (Piece(f"   {', '.join(parts)}", "bad" if old else "warn"),)


def strip_line(width: int, sessions: Sequence[Session], now: datetime) -> Line:
    """`! impersonation  root AS ana 00:07:12 open   +2, 1 not ended`, for `width` cells.

    `sessions`: those without an end. The running ones come first, the newest of them before the others; those that
    do not fit are counted, so that none is ever left out.
    """
    ordered = sorted(sessions, key=_begin, reverse=True)
    running = bisect_left(ordered, True, key=lambda session: state_text(session, now) != "open")
    known = _Open(ordered, running, now)
    head = (Piece(" ! ", "warn"), Piece("impersonation  ", "dim"))
    places = ((_HINTS[0], head), (_HINTS[1], head), (_HINTS[1], head[:1]), ((), head[:1]))
    for least, brief in ((width, False), (width, True), (2 * _NAME, True), (_NAME, True), (2 * _LEAST_NAME, True)):
        # Where names have to be cut short, they are worth more than the keys.
        for hint, start in places if least > 2 * _LEAST_NAME else places[-1:]:
            line = _sessions(known, width - width_of(hint) - width_of(start) - 1, least, brief=brief)
            if line is not None:
                return spread((*start, *line), hint, width)
    return crop((*head[:1], *_session(known.at(0), 2 * _LEAST_NAME), *known.rest(1, brief=True)), width)


def _sessions(known: _Open, room: int, least: int, *, brief: bool) -> Line | None:
    """As many as there is room for; None where there is none for the first one, with so many cells for its names at
    the `least`, or all that they need."""
    first, rest = known.at(0), known.rest(1, brief=brief)
    whole = _session(first, None)
    over = width_of(whole) + width_of(rest) - room
    names = sum(width_of((Piece(visible(name)),)) for name in _names(first))
    if over > 0 and names - over < least:
        return None
    best = (*(whole if over <= 0 else _session(first, names - over)), *rest)
    shown: list[Piece] = []
    for place in range(len(known.sessions)):
        shown += [Piece("   " if shown else ""), *_session(known.at(place), 2 * _NAME)]
        line = (*shown, *known.rest(place + 1, brief=False))
        if width_of(line) > room:
            break
        if place:
            best = line
    return best


def _names(standing: _Standing) -> tuple[str, str]:
    return name_of(standing.session.admin), name_of(standing.session.behalf)


def _session(standing: _Standing, names: int | None) -> Line:
    """`names`: cells for the two names together; None: as many as they need."""
    session, state, age = standing
    one, two = (visible(name) for name in _names(standing))
    first: Line = (Piece(one, "strong"),)
    second: Line = (Piece(two, "strong"),)
    if names is not None and width_of(first) + width_of(second) > names:
        half = max(_LEAST_NAME, names // 2)
        first = crop(first, max(half, names - width_of(second)))
        second = crop(second, max(_LEAST_NAME, names - width_of(first)))
    tone: Tone = "bad" if state != "open" else "warn" if age >= _LONG else "plain"
    about = " over " if session.started_at is None else " "
    return (*first, Piece(" AS ", "dim"), *second, Piece(f"{about}{clock_text(age)} {state}", tone))


def _begin(session: Session) -> datetime:
    return session.first_at

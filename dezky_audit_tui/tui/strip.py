"""The line of impersonations without an end: always there while there is one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from dezky_audit_tui.insight.kinds import name_of
from dezky_audit_tui.insight.session_fold import Session
from dezky_audit_tui.insight.words import clock_text, state_text
from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.pieces import Line, Piece, Tone, crop, spread, width_of

_NAME = 24
"""Cells of a name, where there are several sessions to show."""

_LEAST_NAME = 3
_LONG = timedelta(hours=1)
_HINTS: tuple[Line, ...] = (
    (Piece("o", "key"), Piece(" go there  ", "dim"), Piece("O", "key"), Piece(" list ", "dim")),
    (Piece("o O", "key"), Piece(" ")),
)


class _Standing(NamedTuple):
    """How a session stands at the moment: worked out once, and asked for each way to lay out the line."""

    session: Session
    state: str
    age: timedelta


def strip_line(width: int, sessions: Sequence[Session], now: datetime) -> Line:
    """`! impersonation  root AS ana 00:07:12 open   +2, 1 not ended`, for `width` cells.

    `sessions`: those without an end, the newest first. The running ones come first; those that do not fit are
    counted, so that none is ever left out.
    """
    ordered = _running_first([_Standing(session, state_text(session, now), session.age(now)) for session in sessions])
    head = (Piece(" ! ", "warn"), Piece("impersonation  ", "dim"))
    places = ((_HINTS[0], head), (_HINTS[1], head), (_HINTS[1], head[:1]), ((), head[:1]))
    for least, brief in ((width, False), (width, True), (2 * _NAME, True), (_NAME, True), (2 * _LEAST_NAME, True)):
        # Where names have to be cut short, they are worth more than the keys.
        for hint, start in places if least > 2 * _LEAST_NAME else places[-1:]:
            line = _sessions(ordered, width - width_of(hint) - width_of(start) - 1, least, brief=brief)
            if line is not None:
                return spread((*start, *line), hint, width)
    return crop((*head[:1], *_session(ordered[0], 2 * _LEAST_NAME), *_rest(ordered[1:], brief=True)), width)


def _sessions(sessions: Sequence[_Standing], room: int, least: int, *, brief: bool) -> Line | None:
    """As many as there is room for; None where there is none for the first one, with so many cells for its names at
    the `least`, or all that they need."""
    rest = _rest(sessions[1:], brief=brief)
    whole = _session(sessions[0], None)
    over = width_of(whole) + width_of(rest) - room
    names = sum(width_of((Piece(visible(name)),)) for name in _names(sessions[0]))
    if over > 0 and names - over < least:
        return None
    best = (*(whole if over <= 0 else _session(sessions[0], names - over)), *rest)
    for count in range(2, len(sessions) + 1):
        line: list[Piece] = []
        for session in sessions[:count]:
            line += [Piece("   " if line else ""), *_session(session, 2 * _NAME)]
        line += _rest(sessions[count:], brief=False)
        if width_of(line) > room:
            break
        best = tuple(line)
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


def _rest(sessions: Sequence[_Standing], *, brief: bool) -> Line:
    """How many more there are, how many of those were left open long ago, and (unless `brief`) how long ago."""
    if not sessions:
        return ()
    old = [each.age for each in sessions if each.state != "open"]
    running = len(sessions) - len(old)
    parts = [f"+{running:,} open"] if running else []
    if old:
        age = "" if brief else f", up to {clock_text(max(old))}"
        parts.append(f"+{len(old):,} not ended{age}")
    return (Piece(f"   {', '.join(parts)}", "bad" if old else "warn"),)


def _running_first(sessions: Sequence[_Standing]) -> list[_Standing]:
    return sorted(sessions, key=lambda each: each.state != "open")

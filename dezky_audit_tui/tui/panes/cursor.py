"""The cursor pane: how far the pull has come. Pure."""

from __future__ import annotations

from dezky_audit_tui.insight.words import many
from dezky_audit_tui.model.cursor import UNREAD, Hole
from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.panes.grid import pairs
from dezky_audit_tui.tui.words.health import Facts, health_of, last_good, lease_text
from dezky_audit_tui.tui.words.pieces import Line, Piece, Tone, crop
from dezky_audit_tui.tui.words.zone import Zone, clock

_Pair = tuple[str, str, Tone]


def cursor_pane(facts: Facts, zone: Zone, set_aside: int, width: int) -> list[Line]:
    """Last event, what is settled, holes; last and next tick, who ingests, requests."""
    if facts.status is None:
        return [(Piece(" The store has not been read yet.", "dim"),)]
    state, health = facts.status.state, health_of(facts)
    unread, good = state.unread, last_good(facts)
    nothing = "only events ahead of the clock so far" if facts.stored else "none yet"
    left: list[_Pair] = [
        ("last event", visible(state.cursor.created) if state.cursor else nothing, "strong"),
        ("its id", visible(state.cursor.pk) if state.cursor else "-", "plain"),
        ("settled to", zone.second(state.settled_at) if state.settled_at else "-", "plain"),
        ("holes", _holes(unread, len(state.holes) - len(unread)), "warn" if unread else "plain"),
    ]
    tone: Tone = "bad" if health.level == "bad" else "plain"
    requests = sum(tick.requests for tick in facts.ticks)
    right: list[_Pair] = [
        ("good tick", zone.second(good.started_at) if good else "none yet", tone),
        ("next tick", _next(facts, zone), "plain"),
        ("who ingests", visible(health.who), "plain"),
        ("the lease", visible(lease_text(facts.status.lease)), "plain"),
        ("requests", f"{requests:,} in the last {many(len(facts.ticks), 'tick')}", "plain"),
    ]
    if set_aside:
        right.append(("set aside", f"{set_aside:,} could not be read, in these ticks", "warn"))
    if facts.ingester is not None and facts.ingester.progress:
        right.append(("now", visible(facts.ingester.progress), "plain"))
    return pairs(left, right, width) + [crop(_hole(hole, zone), width) for hole in state.holes]


def _next(facts: Facts, zone: Zone) -> str:
    """At which moment: the countdown stands in the header, and once is enough."""
    every = f"one every {clock(facts.interval_s)}"
    state = facts.ingester
    if state is not None and state.phase == "ticking":
        return f"now; {every}"
    due = state.next_tick_at if state is not None else None
    return f"{zone.place(due):%H:%M:%S}; {every}" if due is not None else every


def _holes(unread: tuple[Hole, ...], rechecks: int) -> str:
    again = f"{rechecks} to recheck" if rechecks else ""
    if not unread:
        return f"none unread; {again}" if again else "none: all is read"
    known = [hole.events for hole in unread if hole.events is not None]
    about = f", about {many(sum(known), 'event')}" if known else ""
    return f"{len(unread)} unread{about}" + (f"; {again}" if again else "")


def _hole(hole: Hole, zone: Zone) -> Line:
    top = zone.place(hole.top.at)
    bottom = f"{zone.place(hole.bottom):%d %b %H:%M:%S}" if hole.bottom else "the beginning"
    about = f", about {many(hole.events, 'event')}" if hole.events is not None else ""
    kind = "~ unread" if hole.kind == UNREAD else "to recheck"
    return (
        Piece(f" {kind:<12}", "warn" if hole.kind == UNREAD else "faint"),
        Piece(f"{bottom} to {top:%d %b %H:%M:%S}{about}"),
    )

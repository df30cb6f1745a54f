"""The line of the volume: the last hour as bars at the left, impersonations without an end at the right. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dezky_audit_tui.insight.session_fold import Session
from dezky_audit_tui.insight.volume import Bucket
from dezky_audit_tui.insight.words import clock_text, pair_text, state_text
from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.pieces import Line, Piece, Tone, crop, spread, width_of

_BARS = " ▁▂▃▄▅▆▇█"
_LEAST_BARS = 12
_ALWAYS_ROOM = 30


def volume_line(width: int, series: Sequence[Bucket], sessions: Sequence[Session], now: datetime) -> Line:
    """`series`: oldest first. `sessions`: those without an end, the newest first; they are never left out."""
    strip = strip_pieces(sessions, now, max(width - _LEAST_BARS - 4, _ALWAYS_ROOM))
    room = width - width_of(strip) - 3
    bars = bar_pieces(series) if room >= _LEAST_BARS else []
    events = sum(bucket.events for bucket in series)
    failures = sum(bucket.failures for bucket in series)
    legend = [Piece(f" {events:,} in the last hour", "faint"), Piece(f", {failures:,} failed", "faint")]
    while legend and width_of(bars) + width_of(legend) > room:
        legend.pop()
    return spread((Piece(" "), *crop(bars, max(room, 0)), *legend), (*strip, Piece(" ")), width)


def bar_pieces(series: Sequence[Bucket]) -> list[Piece]:
    """One cell each: as high as its events, red where most of them failed, yellow where a quarter did."""
    most = max((bucket.events for bucket in series), default=0)
    pieces: list[Piece] = []
    for bucket in series:
        height = 0 if not bucket.events else max(1, round(bucket.events / most * (len(_BARS) - 1)))
        tone: Tone = "dim"
        if bucket.failures * 2 > bucket.events:
            tone = "bad"
        elif bucket.failures * 4 > bucket.events:
            tone = "warn"
        if pieces and pieces[-1].tone == tone:
            pieces[-1] = Piece(pieces[-1].text + _BARS[height], tone)
        else:
            pieces.append(Piece(_BARS[height], tone))
    return pieces


def strip_pieces(sessions: Sequence[Session], now: datetime, room: int) -> list[Piece]:
    """`root AS ana  00:07:12  open`: the newest of those that are running, and how many more there are."""
    running = [session for session in sessions if state_text(session, now) == "open"]
    old = len(sessions) - len(running)
    more = []
    if len(running) > 1:
        more.append(f"+{len(running) - 1:,}")
    if old:
        more.append(f"{old:,} not ended")
    rest = f"   {', '.join(more)}" if more and running else ", ".join(more)
    if not running:
        return list(crop((Piece("impersonation ", "faint"), Piece(rest, "warn")), room)) if rest else []
    first = running[0]
    tail = f"  {clock_text(first.age(now))}  open"
    names = crop((Piece(visible(pair_text(first)), "warn"),), max(room - len(tail) - len(rest), 3))
    head = [Piece("impersonation ", "faint")]
    pieces = [*names, Piece(tail, "warn"), Piece(rest, "dim")]
    return [*head, *pieces] if width_of(head) + width_of(pieces) <= room else pieces

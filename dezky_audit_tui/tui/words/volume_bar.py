"""The lines of the volume: a stretch of time as bars, and what failed of it by its shape and row too. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from dezky_audit_tui.insight.volume import Bucket
from dezky_audit_tui.tui.words.pieces import Line, Piece, Tone, crop, spread, width_of

_BARS = " ▁▂▃▄▅▆▇█"
_FAILED = "✗"
_UNREAD: tuple[str, Tone] = ("~", "warn")
_LEAST_BARS = 12
_WIDEST = 3
"""Cells of one bar at most."""

_SINCE = 6
LEFT = _SINCE + 2
"""Cells before the first bar: the time that it begins at."""

_BEFORE_WORDS = 3
"""Cells that stay free between bars and words, and behind these."""


def bar_cells(width: int, buckets: int) -> tuple[int, int]:
    """How many bars fit on a line of `width` cells, and how wide each is. The words stand behind them."""
    room = width - LEFT - (40 if width >= 100 else 34)
    if room < _LEAST_BARS:
        return 0, 1
    each = -(-buckets // room)
    bars = buckets // each
    return bars, max(1, min(_WIDEST, room // bars))


def volume_lines(
    width: int,
    series: Sequence[Bucket],
    label: str,
    chosen: int | None,
    *,
    rows: int,
    cells: int = 1,
    since: str = "",
    waits: str = "",
    unseen: Collection[int] = (),
) -> list[Line]:
    """One line, or two: events, and failures below. `label`: which time it is; `since`: when the first bar begins.
    `chosen`: the reader's own bar. `waits`: why they are not counted, where nothing of them is. `unseen`: bars of which
    nobody knows the events."""
    none = Piece("not all seen", "warn") if unseen else Piece("none failed", "faint")
    room = max(0, width - (LEFT if series else 1) - cells * len(series) - _BEFORE_WORDS)
    words = ((Piece(f"{label}: {waits}", "dim"),),) if waits else _words(label, series, rows, none)
    told = next((line for line in words if width_of(line) <= room), words[-1])
    most = max((bucket.events for bucket in series), default=0)
    if rows == 1:
        bars = [_UNREAD if at in unseen else _mixed(bucket, most) for at, bucket in enumerate(series)]
        left = bar_pieces(bars, chosen, cells)
        return [_line(since, left, told, width)]
    bars = [_UNREAD if at in unseen else (_glyph(bucket.events, most), "dim") for at, bucket in enumerate(series)]
    upper = bar_pieces(bars, chosen, cells)
    lower = bar_pieces([(_glyph(bucket.failures, most), "bad") for bucket in series], None, cells)
    failures = sum(bucket.failures for bucket in series)
    failed = () if waits else _failed(f"{failures:,} failed" if failures else "", none)
    return [_line(since, upper, told, width), _line("", lower, failed, width)]


def _words(label: str, series: Sequence[Bucket], rows: int, none: Piece) -> tuple[Line, ...]:
    """What is counted, from all words to the fewest. `none`: what is said where nothing failed."""
    events = sum(bucket.events for bucket in series)
    failures = sum(bucket.failures for bucket in series)
    whole = f"{label}: {events:,} event{'' if events == 1 else 's'}"
    if rows > 1:
        return ((Piece(whole, "dim"),),)
    brief = label.removeprefix("last ") if label[-1:].isalpha() and label != "last hour" else label
    return tuple(
        (Piece(f"{counted}, ", "dim"), *_failed(failed if failures else "", none))
        for counted, failed in (
            (whole, f"{failures:,} failed"),
            (f"{label}: {events:,}", f"{failures:,} failed"),
            (f"{brief}: {events:,}", f"{failures:,} failed"),
            (f"{brief}: {events:,}", f"{failures:,}"),
        )
    )


def _failed(count: str, none: Piece) -> Line:
    return (Piece(_FAILED, "bad"), Piece(f" {count}", "dim")) if count else (none,)


def bar_pieces(bars: Sequence[tuple[str, Tone]], chosen: int | None, cells: int) -> list[Piece]:
    """Bars side by side, those of one tone in one piece."""
    pieces: list[Piece] = []
    for at, (glyph, tone) in enumerate(bars):
        tone = "pill" if at == chosen else tone
        text = glyph * cells
        if pieces and pieces[-1].tone == tone:
            pieces[-1] = Piece(pieces[-1].text + text, tone)
        else:
            pieces.append(Piece(text, tone))
    return pieces


def _mixed(bucket: Bucket, most: int) -> tuple[str, Tone]:
    """One bar for both: a cross where a quarter failed or more, since a colour alone tells nothing."""
    if bucket.failures * 4 >= bucket.events > 0:
        return _FAILED, "bad"
    return _glyph(bucket.events, most), "dim"


def _glyph(count: int, most: int) -> str:
    # By its root: one burst must not press all the others flat.
    return _BARS[0 if not count else max(1, round(math.sqrt(count / most) * (len(_BARS) - 1)))]


def _line(since: str, left: Sequence[Piece], right: Sequence[Piece], width: int) -> Line:
    """The bars go before the words: the newest stand last, and are what is looked for."""
    first = Piece(f" {since:<{_SINCE}} " if left else " ", "faint")
    kept = crop((first, *left), width)
    room = max(0, width - width_of(kept) - _BEFORE_WORDS)
    return spread(kept, (*crop(right, room), Piece(" ")), width)

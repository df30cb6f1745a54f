"""The top pane: who and what is most frequent in the time that the volume shows. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from dezky_audit_tui.insight.top import TOP_FIELDS, Share, Top, TopField
from dezky_audit_tui.text import fit, visible
from dezky_audit_tui.tui.cells import FAILED_MARK
from dezky_audit_tui.tui.panes.counting import counting_line
from dezky_audit_tui.tui.pieces import Line, Piece, Tone

_SHARES: dict[TopField, int] = {"tenant": 18, "verb": 35, "actor": 23, "ip": 24}
_HEADS: dict[TopField, str] = {"tenant": "tenant", "verb": "verb", "actor": "actor", "ip": "address"}
_MOST = 100

Place = tuple[int, int]
"""Column and row of an entry, counted from nought."""


def top_lines(
    top: Top | None, label: str, width: int, chosen: Place | None, *, source: str | None, away: bool = False
) -> list[Line]:
    """Four lists side by side. `source`: the one whose prefix verbs go without. `chosen` None: keys go elsewhere."""
    if top is None:
        return [counting_line(away=away)]
    if not top.rows:
        return [(Piece(f" No event in this time ({label}).", "dim"),)]
    widths = column_widths(width)
    heads = [f" {_HEADS[name]}" for name in TOP_FIELDS]
    heads[0] += f", {label}" if width >= 140 else ""
    lines: list[Line] = [tuple(Piece(fit(head, room), "faint") for head, room in zip(heads, widths, strict=True))]
    lists = [top.shares.get(name, ())[:_MOST] for name in TOP_FIELDS]
    for row in range(max(map(len, lists))):
        pieces: list[Piece] = []
        for column, (shares, room) in enumerate(zip(lists, widths, strict=True)):
            lit = chosen == (column, row)
            pieces += _entry(shares, row, room, lit, source if column == 1 else None)
        lines.append(tuple(pieces))
    if not top.whole:
        lines.append((Piece(f" of the newest {top.rows:,} events of this time", "faint"),))
    return lines


def column_widths(width: int) -> list[int]:
    """Cells of the four lists."""
    widths = [width * _SHARES[name] // 100 for name in TOP_FIELDS]
    return [*widths[:-1], width - sum(widths[:-1])]


def column_at(x: int, width: int) -> int:
    """The list that a cell belongs to."""
    edge = 0
    for column, room in enumerate(column_widths(width)):
        edge += room
        if x < edge:
            return column
    return len(TOP_FIELDS) - 1


def _entry(shares: Sequence[Share], row: int, room: int, lit: bool, source: str | None) -> list[Piece]:
    if row >= len(shares):
        return [Piece(" " * room)]
    share = shares[row]
    digits = len(f"{shares[0].events:,}")
    value = share.value if share.value is not None else "none"
    name = visible(value.removeprefix(f"{source}.") if source else value)
    failed = f" {FAILED_MARK}{share.failures:,}" if share.failures and room >= 30 else ""
    gap = 1 if room < 30 else 2
    left = max(1, room - digits - gap - 1 - len(failed))
    tone: Tone = "pill" if lit else "dim" if share.value is None else "plain"
    pieces = [
        Piece("▶" if lit else " ", "accent"),
        Piece(fit(name, left), tone),
        Piece(f" {share.events:,}".rjust(digits + 1), "strong"),
    ]
    if failed:
        pieces.append(Piece(failed, "bad"))
    return [*pieces, Piece(" " * (gap - 1))]

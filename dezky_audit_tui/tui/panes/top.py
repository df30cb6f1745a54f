"""The top pane: who and what is most frequent in the time that the volume shows. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from dezky_audit_tui.insight.top import TOP_FIELDS, Share, Top, TopField
from dezky_audit_tui.text import fit, visible
from dezky_audit_tui.tui.panes.counting import counting_line
from dezky_audit_tui.tui.words.cells import FAILED_MARK
from dezky_audit_tui.tui.words.pieces import Line, Piece, Tone

_SHARES: dict[TopField, int] = {"tenant": 18, "verb": 35, "actor": 23, "ip": 24}
_HEADS: dict[TopField, str] = {"tenant": "tenant", "verb": "verb", "actor": "actor", "ip": "address"}
_MOST = 100
_NARROW = 76
"""Cells for all four lists; below, two stand side by side, and the other two in their place when they are chosen."""

Place = tuple[int, int]
"""Column and row of an entry, counted from nought."""


def top_lines(
    top: Top | None,
    label: str,
    width: int,
    chosen: Place | None,
    *,
    source: str | None,
    away: bool = False,
    column: int = 0,
) -> list[Line]:
    """Four lists side by side, or as many as fit, that of `column` among them.

    `source`: the one whose prefix verbs go without. `chosen` None: keys go elsewhere.
    """
    if top is None:
        return [counting_line(away=away)]
    if not top.rows:
        return [(Piece(f" No event in this time ({label}).", "dim"),)]
    columns, widths = shown_columns(width, column), column_widths(width, column)
    heads = [f" {_HEADS[TOP_FIELDS[at]]}" for at in columns]
    heads[0] += f", {label}" if width >= 140 else ""
    if len(columns) < len(TOP_FIELDS):
        others = ", ".join(_HEADS[name] for at, name in enumerate(TOP_FIELDS) if at not in columns)
        others = f"{others} →" if columns[0] == 0 else f"← {others}"
        heads[-1] = fit(heads[-1], widths[-1] - cell_len(others) - 1) + others
    lines: list[Line] = [tuple(Piece(fit(head, room), "faint") for head, room in zip(heads, widths, strict=True))]
    lists = [top.shares.get(TOP_FIELDS[at], ())[:_MOST] for at in columns]
    for row in range(max(map(len, lists))):
        pieces: list[Piece] = []
        for at, shares, room in zip(columns, lists, widths, strict=True):
            lit = chosen == (at, row)
            pieces += _entry(shares, row, room, lit, source if TOP_FIELDS[at] == "verb" else None)
        lines.append(tuple(pieces))
    if not top.whole:
        lines.append((Piece(f" of the newest {top.rows:,} events of this time", "faint"),))
    return lines


def shown_columns(width: int, column: int) -> list[int]:
    """Which of the lists fit, that of `column` among them."""
    if width >= _NARROW:
        return list(range(len(TOP_FIELDS)))
    first = column // 2 * 2
    return [first, first + 1]


def column_widths(width: int, column: int = 0) -> list[int]:
    """Cells of the lists that are shown."""
    shares = [_SHARES[TOP_FIELDS[at]] for at in shown_columns(width, column)]
    widths = [width * share // sum(shares) for share in shares]
    return [*widths[:-1], width - sum(widths[:-1])]


def column_at(x: int, width: int, column: int = 0) -> int:
    """The list that a cell belongs to, while that of `column` is shown."""
    columns, edge = shown_columns(width, column), 0
    for at, room in zip(columns, column_widths(width, column), strict=True):
        edge += room
        if x < edge:
            return at
    return columns[-1]


def _entry(shares: Sequence[Share], row: int, room: int, lit: bool, source: str | None) -> list[Piece]:
    if row >= len(shares):
        return [Piece(" " * room)]
    share = shares[row]
    digits = len(f"{shares[0].events:,}")
    value = share.value if share.value is not None else "none"
    name = visible(value.removeprefix(f"{source}.") if source else value)
    # As wide for each row of a list, so that the counts stand below each other.
    cells = max(len(_failed(each)) for each in shares) if room >= 30 else 0
    failed = _failed(share).ljust(cells) if cells else ""
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


def _failed(share: Share) -> str:
    return f" {FAILED_MARK}{share.failures:,}" if share.failures else ""

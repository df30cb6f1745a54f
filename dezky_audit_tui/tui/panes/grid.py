"""Tables and pairs of label and value for the panes. Pure; texts have to be visible already."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from dezky_audit_tui.text import fit
from dezky_audit_tui.tui.words.pieces import Line, Piece, Tone, crop, width_of

Cell = tuple[str, Tone]

_GAP = "  "
_LEAST = 8
"""Cells of a column that others do not take from it."""


def pairs(left: Sequence[tuple[str, str, Tone]], right: Sequence[tuple[str, str, Tone]], width: int) -> list[Line]:
    """Labels and values, in two columns where there is room for them, else one below the other."""
    if width < 100:
        return [_pair(pair, width) for pair in (*left, *right)]
    half = width // 2
    rows = max(len(left), len(right))
    lines = []
    for at in range(rows):
        first = _pair(left[at], half - 2) if at < len(left) else ()
        second = _pair(right[at], width - half) if at < len(right) else ()
        lines.append((*first, Piece(" " * (half - width_of(first))), *second))
    return lines


def table(
    heads: Sequence[str], rows: Sequence[Sequence[Cell]], width: int, *, right: Sequence[int] = (), most: int = 60
) -> list[Line]:
    """Rows under their heads, as wide as their words, but at most `most`. Where there is no room for all, the widest
    columns give way, so that the last one stays whole. `right`: columns of numbers, which never do.
    """
    widths = [
        min(most, max(cell_len(head), *(cell_len(row[at][0]) for row in rows)) if rows else cell_len(head))
        for at, head in enumerate(heads)
    ]
    texts = [at for at in range(len(heads) - 1) if at not in right]
    for _ in range(1 + sum(widths) + len(_GAP) * (len(widths) - 1) - width):
        widest = max(texts, key=widths.__getitem__, default=None)
        if widest is None or widths[widest] <= _LEAST:
            break
        widths[widest] -= 1
    lines: list[Line] = [crop(_row([(head, "faint") for head in heads], widths, right), width)]
    lines += [crop(_row(row, widths, right), width) for row in rows]
    return lines


def _row(cells: Sequence[Cell], widths: Sequence[int], right: Sequence[int]) -> Line:
    pieces: list[Piece] = [Piece(" ")]
    for at, ((text, tone), width) in enumerate(zip(cells, widths, strict=True)):
        last = at == len(widths) - 1
        shown = text.rjust(width) if at in right else text if last else fit(text, width)
        pieces += [Piece(shown, tone)] if last else [Piece(shown, tone), Piece(_GAP)]
    return tuple(pieces)


def _pair(pair: tuple[str, str, Tone], width: int) -> Line:
    label, value, tone = pair
    return crop((Piece(f" {label:<12}", "faint"), Piece(value, tone)), width)

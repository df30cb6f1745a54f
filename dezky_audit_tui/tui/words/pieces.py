"""Pieces of a line: words with a tone, laid out to a width. Pure; every text from data has to pass `visible` first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

from rich.cells import cell_len, chop_cells, set_cell_size

Tone = Literal["plain", "strong", "dim", "faint", "accent", "ok", "warn", "bad", "chip", "pill", "key", "loud"]
TONES: tuple[Tone, ...] = get_args(Tone)


class Piece(NamedTuple):
    """Some words in one tone."""

    text: str
    tone: Tone = "plain"

    @property
    def width(self) -> int:
        """In cells."""
        return cell_len(self.text)


Line = tuple[Piece, ...]


def width_of(pieces: Sequence[Piece]) -> int:
    """All of them, in cells."""
    return sum(piece.width for piece in pieces)


def spread(left: Sequence[Piece], right: Sequence[Piece], width: int) -> Line:
    """`left` and `right` at the ends of `width` cells. Where there is no room for both, the left one is cut."""
    room = max(0, width - width_of(right))
    kept = crop(left, room)
    return (*kept, Piece(" " * (room - width_of(kept))), *crop(right, width))


def crop(pieces: Sequence[Piece], width: int) -> Line:
    """The pieces in at most `width` cells; what is cut ends in an ellipsis."""
    if width_of(pieces) <= width:
        return tuple(pieces)
    kept: list[Piece] = []
    left = width
    for piece in pieces:
        if piece.width < left:
            kept.append(piece)
            left -= piece.width
            continue
        if left > 0:
            kept.append(Piece(set_cell_size(piece.text, left - 1) + "…", piece.tone))
        break
    return tuple(kept)


def chop(pieces: Sequence[Piece], width: int) -> list[Line]:
    """All of the pieces, on as many lines of `width` cells as they need."""
    lines: list[Line] = []
    line: list[Piece] = []
    left = width
    for piece in pieces:
        rest = piece.text
        while rest:
            part = chop_cells(rest, left)[0] if left else ""
            if not part or cell_len(part) > left:
                lines.append(tuple(line))
                line, left = [], width
                continue
            line.append(Piece(part, piece.tone))
            left -= cell_len(part)
            rest = rest[len(part) :]
    return [*lines, tuple(line)]


def join(groups: Sequence[Sequence[Piece]], gap: int) -> Line:
    """Groups of pieces with blanks between them."""
    line: list[Piece] = []
    for group in groups:
        if not group:
            continue
        if line:
            line.append(Piece(" " * gap))
        line += group
    return tuple(line)


def text_of(pieces: Sequence[Piece]) -> str:
    """The plain text."""
    return "".join(piece.text for piece in pieces)


def wrap(text: str, width: int, most: int) -> list[str]:
    """`text` at blanks into at most `most` lines of `width` cells; the last one is cut where it must be."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if cell_len(longer) <= width or not line:
            line = longer
            continue
        lines.append(line)
        line = word
    lines.append(line)
    if len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return [text_of(crop((Piece(each),), width)) for each in lines]

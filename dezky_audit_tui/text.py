"""Text from outside made harmless: `clean` where it is kept, `visible` where it is shown.

Names, user agents and reasons are written by anybody who can reach a login form. What is stored stays as it
came, but for what no store can hold; what is shown never holds a control sequence, a bidi override or a
character without a width of its own.
"""

from __future__ import annotations

import json
import re
import unicodedata

from rich.cells import cell_len, set_cell_size

NAME_LIMIT = 1024
"""Names are kept up to this many characters."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Printable by Unicode's tables, yet without a shape or a width of their own.
_INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0" + "".join(map(chr, range(0xFE00, 0xFE10)))
_SUSPECT = re.compile(f"[{_INVISIBLE}\U000e0100-\U000e01ef]")
_MARKS_IN_A_ROW = 3


def clean(value: str) -> str:
    """`value` with NUL and lone surrogates as U+FFFD, so that every store can hold it."""
    if value.isascii() and "\x00" not in value:
        return value
    return _UNSTORABLE.sub("\ufffd", value)


def cut(value: str, limit: int = NAME_LIMIT) -> tuple[str, bool]:
    """The first `limit` characters of `value`, and whether something was cut away."""
    return (value, False) if len(value) <= limit else (value[:limit], True)


def visible(value: str) -> str:
    """`value` on one line, with everything that could act on a terminal or hide in it shown as a glyph.

    C0 controls become their Unicode pictures (ESC is ␛), other invisible characters their code (‹202E›), and
    spaces of any width a plain space.
    """
    if value.isascii() and value.isprintable():
        return value
    if value.isprintable() and not _SUSPECT.search(value) and not _has_mark_pile(value):
        return value
    shown: list[str] = []
    marks = 0
    for char in value:
        marks = marks + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        shown.append(f"‹{ord(char):04X}›" if marks > _MARKS_IN_A_ROW else _glyph(char))
    return "".join(shown)


def escaped(line: str) -> str:
    """A line of JSON with everything that `visible` would change, spaces apart, as an escape: the same JSON."""
    if line.isascii() and line.isprintable():
        return line
    shown: list[str] = []
    marks = 0
    for char in line:
        category = unicodedata.category(char)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        acts = marks > _MARKS_IN_A_ROW or (_glyph(char) != char and category != "Zs")
        shown.append(json.dumps(char)[1:-1] if acts else char)
    return "".join(shown)


def is_suspect(value: str) -> bool:
    """Whether `value` holds something that `visible` has to change (spaces apart): such rows are flagged."""
    return visible(value) != value and (
        _has_mark_pile(value) or any(_glyph(char) != char and unicodedata.category(char) != "Zs" for char in value)
    )


def fit(value: str, width: int) -> str:
    """`visible(value)` in exactly `width` cells: padded, or cut with an ellipsis."""
    shown = visible(value)
    cells = cell_len(shown)
    if cells <= width:
        return shown + " " * (width - cells)
    if width <= 1:
        return "…"[:width]
    return set_cell_size(shown, width - 1) + "…"


def _has_mark_pile(value: str) -> bool:
    run = 0
    for char in value:
        if char > "\u02ff" and unicodedata.category(char) in ("Mn", "Me"):
            run += 1
            if run > _MARKS_IN_A_ROW:
                return True
        else:
            run = 0
    return False


def _glyph(char: str) -> str:
    if char.isprintable() and char not in _INVISIBLE and not "\U000e0100" <= char <= "\U000e01ef":
        return char
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if unicodedata.category(char) == "Zs":
        return " "
    return f"‹{code:04X}›"

"""Regular expressions that find text in any case, by the plain rule of `query_match.fold`.

Each character stands with all those that fold to it, so that neither the server's tables nor its options matter.
A few characters fold to several, or to one that does not lead back (ß, ſ, the Kelvin sign): where a field holds one
of them, its row is a candidate, and is looked at here.
"""

from __future__ import annotations

import re
from functools import cache

from dezky_audit_tui.model.query import Pattern
from dezky_audit_tui.model.query_match import SEPARATOR, fold, folded
from dezky_audit_tui.text import clean

START, END = "^", r"(?![\s\S])"
"""`$` would also match before a line's end."""
_CASED = range(0x80, 0x1F000)


def contains(text: str) -> str:
    """Finds `text` anywhere."""
    return "".join(map(_any_case, clean(fold(text))))


def whole(pattern: Pattern) -> str:
    """Finds what the pattern fits as a whole."""
    body = contains(folded(pattern).text)
    return f"{'' if pattern.open_start else START}{body}{'' if pattern.open_end else END}"


@cache
def odd_ones() -> str:
    """Finds any character that folds to several, or to one that does not lead back to it."""
    return f"[{''.join(filter(_is_odd, map(chr, _CASED)))}]"


def _is_odd(char: str) -> bool:
    sought = char.casefold()
    return sought != char and (len(sought) > 1 or char not in _same(sought))


def _any_case(char: str) -> str:
    if char == " ":
        return f"[ {SEPARATOR}]"
    same = _same(char)
    return re.escape(char) if len(same) < 2 else f"[{''.join(sorted(same))}]"


def _same(char: str) -> set[str]:
    """The characters that fold to `char` and that Python's tables lead to from it."""
    others = (char, char.upper(), char.lower(), char.title())
    return {other for other in others if len(other) == 1 and other.casefold() == char}

"""The help: all keys, from the one registry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import ClassVar, Literal

from textual.binding import Binding, BindingType

from dezky_audit_tui.tui.keymap import MOUSE, PROMPT_KEYS, TOP_KEYS, by_group
from dezky_audit_tui.tui.screens.lines_box import LinesBox, StylePaths
from dezky_audit_tui.tui.words.pieces import Line, Piece, spread, width_of, wrap

_KEY = 8
_TWO_COLUMNS, _APART = 116, 3
"""Cells from which on there are two columns, and between them."""
_MARKS: tuple[tuple[str, str], ...] = (
    ("✗", "failed or denied"),
    ("✘", "guessing that got in: a burst of failed logins, and the login that came of it"),
    ("!", "an impersonation, or done as somebody else"),
    ("◆", "privileged: admin groups, second factors removed, passwords set by another, secrets viewed or rotated"),
    ("+", "an address that is new for the actor, as far as this store knows"),
    ("*", "behind a time: you marked this row; marks last until the program ends"),
    ("▸ ▾ ┊", "a row that stands for others, and the rows that it stands for once it is opened (x)"),
    ("╰ │ ╭", "an impersonation: its start, what was done in it, its end"),
    ("⚑", "holds characters that hide or act on a terminal; they are shown as glyphs"),
    (
        "~ ~ ~",
        "a stretch that has not been read yet, or that nobody could see; it goes when it has been read. ~ in the"
        " volume is the same",
    ),
    ("· · ·", "a stretch that was read, and nothing happened in it"),
)
_LANGUAGE: tuple[str, ...] = (
    "field:value terms, all must hold; fields: tenant verb actor ip source outcome target since until is.",
    "a,b means either; * at an end of a value is open; ! before a term negates it; bare words search actor, target,"
    " verb and address.",
    "Examples: tenant:acme verb:login*   ip:203.0.113.0/24 outcome:failure   since:2h !actor:root   is:impersonated",
)
_NOT_RECORDED = (
    "Authentik makes no event of role and permission changes, revoked sessions or refused impersonations; and of a"
    " login with an unknown name only where its flow pretends that the user exists. So failed logins are not a full"
    " record of guessing."
)


Place = Literal["Panes", "Event", "top"]
"""Where the reader is, other than at the timeline: a group of keys, or the top pane."""


def help_lines(width: int, place: Place | None = None) -> list[Line]:
    """The help laid out for `width` cells, in two columns where there is room; what works at `place` comes first."""
    if width < _TWO_COLUMNS:
        return _below(_parts(width, place))
    each = (width - _APART) // 2
    parts = _parts(each, place)
    # The first column takes what makes the longer one of the two the shortest.
    at = min(range(1, len(parts)), key=lambda at: max(len(_below(parts[:at])), len(_below(parts[at:]))))
    columns = zip_longest(_below(parts[:at]), _below(parts[at:]), fillvalue=())
    return [spread(left, (*right, Piece(" " * (each - width_of(right)))), width) for left, right in columns]


def _below(parts: Sequence[Sequence[Line]]) -> list[Line]:
    lines: list[Line] = []
    for part in parts:
        lines += [(), *part] if lines else part
    return lines


def _parts(width: int, place: Place | None) -> list[Sequence[Line]]:
    """Each with its head."""
    parts: list[Sequence[Line]] = []
    top = _part("In the top pane", TOP_KEYS, width)
    if place == "top":
        parts.append(top)
    for group, keys in by_group("Panes" if place == "top" else place):
        parts.append(_part(group, [(key.shown, key.help) for key in keys], width))
    if place != "top":
        parts.append(top)
    parts.append(_part("While typing", [(shown, words) for shown, _, words in PROMPT_KEYS], width))
    parts.append(_part("Mouse", MOUSE, width))
    parts.append(_part("The filter language", [("", text) for text in _LANGUAGE], width))
    parts.append(_part("Marks", _MARKS, width))
    parts.append(_part("What is not here", [("", _NOT_RECORDED)], width))
    return parts


def _part(head: str, entries: Iterable[tuple[str, str]], width: int) -> list[Line]:
    return [(Piece(f" {head}", "accent"),), *(line for key, words in entries for line in _entry(key, words, width))]


def _entry(key: str, words: str, width: int) -> list[Line]:
    indent = _KEY + 3 if key else 2
    texts = wrap(words, max(20, width - indent - 1), 8)
    first = (Piece(f"  {key:<{_KEY}} ", "key"),) if key else (Piece("  "),)
    return [(*(first if at == 0 else (Piece(" " * indent),)), Piece(text)) for at, text in enumerate(texts)]


class HelpScreen(LinesBox[None]):
    """Over the dashboard; any of its keys closes it."""

    CSS_PATH: ClassVar[StylePaths] = ["lines_box.tcss", "help.tcss"]
    NAME = "help"
    HEAD, KEYS = "keys", "esc closes, ↑↓ scrolls"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss", "close"),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
    ]

    def __init__(self, place: Place | None = None) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (140, "-wide")]
        self._place: Place | None = place

    def on_mount(self) -> None:
        """Keys scroll it."""
        self.view.focus()

    def fill(self) -> None:
        """Show the lines for the width that there is."""
        view = self.view
        view.show(help_lines(view.text_width, self._place))

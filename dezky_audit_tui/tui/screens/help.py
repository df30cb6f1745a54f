"""The help: all keys, from the one registry."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual.binding import Binding, BindingType

from dezky_audit_tui.tui.keymap import MOUSE, PROMPT_KEYS, TOP_KEYS, by_group
from dezky_audit_tui.tui.screens.lines_box import LinesBox, StylePaths
from dezky_audit_tui.tui.words.pieces import Line, Piece, wrap

_KEY = 8
_MARKS: tuple[tuple[str, str], ...] = (
    ("✗", "failed or denied"),
    ("✘", "guessing that got in: a burst of failed logins, and the login that came of it"),
    ("!", "an impersonation, or done as somebody else"),
    ("◆", "privileged: admin groups, second factors removed, passwords set by another, secrets viewed or rotated"),
    ("+", "an address that is new for the actor, as far as this store knows"),
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
    """The help laid out for `width` cells; what works at `place` comes first."""
    lines: list[Line] = []
    if place == "top":
        lines += [*_top_lines(width), ()]
    for group, keys in by_group("Panes" if place == "top" else place):
        lines.append((Piece(f" {group}", "accent"),))
        for key in keys:
            lines += _entry(key.shown, key.help, width)
        lines.append(())
    if place != "top":
        lines += [*_top_lines(width), ()]
    lines.append((Piece(" While typing", "accent"),))
    for shown, _, words in PROMPT_KEYS:
        lines += _entry(shown, words, width)
    lines += [(), (Piece(" Mouse", "accent"),)]
    for shown, words in MOUSE:
        lines += _entry(shown, words, width)
    lines += [(), (Piece(" The filter language", "accent"),)]
    for text in _LANGUAGE:
        lines += _entry("", text, width)
    lines += [(), (Piece(" Marks", "accent"),)]
    for mark, words in _MARKS:
        lines += _entry(mark, words, width)
    lines += [(), (Piece(" What is not here", "accent"),)]
    lines += _entry("", _NOT_RECORDED, width)
    return lines


def _top_lines(width: int) -> list[Line]:
    lines: list[Line] = [(Piece(" In the top pane", "accent"),)]
    for shown, words in TOP_KEYS:
        lines += _entry(shown, words, width)
    return lines


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
        self._place: Place | None = place

    def on_mount(self) -> None:
        """Keys scroll it."""
        self.view.focus()

    def fill(self) -> None:
        """Show the lines for the width that there is."""
        view = self.view
        view.show(help_lines(view.text_width, self._place))

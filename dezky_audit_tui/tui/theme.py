"""The dashboard's colours: one accent, quiet borders; red and yellow only for what should be noticed.

No state is told by a colour alone: each has a glyph and a word, so all of it can be read without any colour. And no
word is too faint to be read: each tone stands out from the background by 4.5 to 1 at least (WCAG 2.2, 1.4.3).
"""

from __future__ import annotations

import os
from typing import Literal, get_args

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import BUILTIN_THEMES, Theme

ThemeName = Literal["dark", "light", "ansi"]
THEMES: tuple[ThemeName, ...] = get_args(ThemeName)

_DARK = Theme(
    name="dark",
    primary="#56b6c2",
    accent="#56b6c2",
    secondary="#8fb1d4",
    success="#7fb685",
    warning="#e0b064",
    error="#ef7a85",
    foreground="#d4dae0",
    background="#12161b",
    surface="#171c22",
    panel="#263039",
    dark=True,
    variables={"text-disabled": "auto 50%"},
)

_LIGHT = Theme(
    name="light",
    primary="#0b6a7a",
    accent="#0b6a7a",
    secondary="#37598c",
    success="#2b6b31",
    warning="#855000",
    error="#b0202e",
    foreground="#22272d",
    background="#fbfaf7",
    surface="#f2f0eb",
    panel="#dde2e6",
    dark=False,
    variables={"text-disabled": "auto 55%", "text-muted": "auto 67%"},
)

_ANSI = Theme(
    name="ansi",
    ansi=True,
    primary="ansi_cyan",
    accent="ansi_cyan",
    secondary="ansi_blue",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    dark=True,
    variables={**BUILTIN_THEMES["ansi-dark"].variables, "panel": "ansi_bright_black"},
)
"""The sixteen colours of the terminal, on the background that it has."""

REGISTERED: tuple[Theme, ...] = (_DARK, _LIGHT, _ANSI)


def next_theme(name: str) -> ThemeName:
    """The one after `name`, in a ring."""
    for at, each in enumerate(THEMES, 1):
        if each == name:
            return THEMES[at % len(THEMES)]
    return THEMES[0]


def wants_no_colour() -> bool:
    """Whether NO_COLOR is set to anything (https://no-color.org), or the terminal says that it has none."""
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") in ("dumb", "vt100", "vt220", "xterm-mono")


class Colourless(LineFilter):
    """Takes every colour away and leaves what a terminal without any can show: bold, dim, reverse, underline."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same words in the same attributes."""
        return [
            Segment(text, None if style is None else style.without_color, control) for text, style, control in segments
        ]

"""What stands behind a box that lies over the dashboard, where no shade can push it back."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.style import Style
from textual.renderables.background_screen import BackgroundScreen

_BACK = Style(dim=True, bold=False, reverse=False)


class _Dimmed:
    """The same text, dim."""

    def __init__(self, behind: BackgroundScreen) -> None:
        self._behind = behind

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        segments: Iterable[Segment] = self._behind.__rich_console__(console, options)  # type: ignore[assignment]  # it gives nothing else
        for text, style, control in segments:
            yield Segment(text, style if control else (style or Style.null()) + _BACK, control)


def pushed_back(below: RenderableType) -> RenderableType:
    """What a screen over another one renders. The terminal's own colours cannot be mixed with a shade as those of a
    theme are: an attribute does it there, so that the box stands out, and what is beside it can still be read."""
    return _Dimmed(below) if isinstance(below, BackgroundScreen) and below.color.a == 0 else below

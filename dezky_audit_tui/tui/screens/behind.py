"""A box that lies over the dashboard: what stands behind it, where no shade can push it back, and its end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.style import Style
from textual.await_complete import AwaitComplete
from textual.renderables.background_screen import BackgroundScreen

_BACK = Style(dim=True, bold=False, reverse=False)


class Box:
    """What a box has beside its kind of screen. A key that was pressed for what lies below may arrive when the box is
    there and its parts are not; and a second click, or a key right behind the one that closed it, would close what lies
    below. Each would end the program."""

    if TYPE_CHECKING:
        is_active: bool
        is_mounted: bool

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key or click is for it by now."""
        return self.is_mounted and super().check_action(action, parameters)  # type: ignore[misc]

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Close it, with what was chosen."""
        return super().dismiss(result) if self.is_active and self.is_mounted else AwaitComplete()  # type: ignore[misc]


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

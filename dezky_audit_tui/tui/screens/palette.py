"""The command palette: Textual's own, that finds keys by any word for what they do."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from rich.console import RenderableType
from textual import events, work
from textual.command import CommandInput, CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.containers import Vertical
from textual.css.query import NoMatches
from textual.errors import NoWidget

from dezky_audit_tui.tui.keymap import KEYS, Key
from dezky_audit_tui.tui.prompts.key_search import mark_of
from dezky_audit_tui.tui.screens.behind import Box, pushed_back
from dezky_audit_tui.tui.screens.lines_box import StylePaths

if TYPE_CHECKING:
    from dezky_audit_tui.tui.app import AuditApp

_AROUND = 6
"""Lines of the screen that the list of what is found leaves: margins, border, and what is typed."""


_gather = CommandPalette._gather_commands.__wrapped__  # type: ignore[attr-defined]  # the coroutine behind the worker


class KeyCommands(Provider):
    """What the keys do: by name, by help, by other words for it, and by letters of the name alone."""

    async def discover(self) -> Hits:
        """All of it, by name."""
        for key in sorted((key for key in KEYS if key.palette), key=lambda key: key.label):
            yield DiscoveryHit(_title(key), partial(self._run, key), help=key.help)

    async def search(self, query: str) -> Hits:
        """What fits, the name before other words."""
        matcher = self.matcher(query)
        for key in KEYS:
            if not key.palette:
                continue
            title = _title(key)
            letters = matcher.match(title)
            mark = mark_of(query, key) or letters / (letters + 1)
            if mark:
                yield Hit(mark, matcher.highlight(title), partial(self._run, key), text=title, help=key.help)

    async def _run(self, key: Key) -> None:
        await cast("AuditApp", self.app).main.run_action(key.action)


class Palette(Box, CommandPalette):
    """Textual's, as a box like the others."""

    CSS_PATH: ClassVar[StylePaths] = "palette.tcss"

    def __init__(self) -> None:
        super().__init__([KeyCommands], placeholder="what to do: a name, or any word for it")

    def render(self) -> RenderableType:
        """What is beside the box."""
        return pushed_back(super().render())

    def on_mount(self) -> None:
        """A box like the others."""
        box = self.query_one("#--container", Vertical)
        box.border_title, box.border_subtitle = "palette", "enter: do it   ↑↓: choose   esc: close"
        # As in the prompt: a caret that blinks is sent over the line twice a second.
        self.query_one(CommandInput).cursor_blink = False

    def on_resize(self) -> None:
        """As high as what is found, from the same line on, and never higher than the screen."""
        self.query_one(CommandList).styles.max_height = max(3, self.size.height - _AROUND)

    @work(exclusive=True, group=CommandPalette._GATHER_COMMANDS_GROUP)
    async def _gather_commands(self, search_value: str) -> None:
        """What is typed may be searched for when the palette is closed already, and its list gone."""
        with suppress(NoMatches):
            await _gather(self, search_value)

    def _watch__list_visible(self) -> None:
        with suppress(NoMatches):
            super()._watch__list_visible()

    async def _watch__show_busy(self) -> None:
        with suppress(NoMatches):
            await super()._watch__show_busy()

    def on_click(self, event: events.Click) -> None:
        """One that lies beside all that is laid out by now, after a resize, would end it with an error."""
        try:
            self.get_widget_at(event.screen_x, event.screen_y)
        except NoWidget:
            event.prevent_default()

    def _action_command_list(self, action: str) -> None:
        """Paging through a list that is not on the screen ends Textual 8.2 with a KeyError: it goes nowhere."""
        with suppress(KeyError):
            super()._action_command_list(action)


def _title(key: Key) -> str:
    return f"{key.label[:1].upper()}{key.label[1:]} ({key.shown})"

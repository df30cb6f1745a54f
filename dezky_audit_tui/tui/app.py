"""The application: it starts the parts in their order, and ends them in the reverse one."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Coroutine
from pathlib import PurePath
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.scrollbar import ScrollBar

from dezky_audit_tui import garbage
from dezky_audit_tui.errors import Exit
from dezky_audit_tui.tui.screens.main import MainScreen
from dezky_audit_tui.tui.setup import Setup
from dezky_audit_tui.tui.supervise import Supervisor
from dezky_audit_tui.tui.terminal.output import ThriftyApp
from dezky_audit_tui.tui.theme import REGISTERED, THEMES, Colourless, ThemeName, next_theme, wants_no_colour
from dezky_audit_tui.tui.widgets.line import TONE_CLASSES
from dezky_audit_tui.tui.widgets.whole_bar import WholeBar

_EMPTY_AFTER_S = 0.25
"""So long a store may take for its first rows before a frame without any is shown."""


class AuditApp(ThriftyApp):
    """First the store and a frame with its rows, then the ingester, which loads what it needs behind the screen."""

    TITLE = "dezky audit"
    CSS_PATH: ClassVar[list[str | PurePath]] = ["app.tcss", "screens/main.tcss"]
    COMPONENT_CLASSES: ClassVar[set[str]] = TONE_CLASSES
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "interrupt", show=False, priority=True)]

    def __init__(self, setup: Setup) -> None:
        super().__init__()
        self._setup = setup
        self.supervisor = Supervisor(setup.make_ingester)
        self.main = MainScreen(setup, self.supervisor)
        self._tasks: list[asyncio.Task[None]] = []
        self._feeding: asyncio.Task[None] | None = None
        self._shut = False
        self.fault: Exception | None = None
        """Why it ended, where nobody asked it to."""
        self.chosen_theme: ThemeName | None = None
        """The one that the reader chose in this run."""
        self.animation_level = "none"
        # What is to be said stands on the dashboard's own lines: no screen needs the library's parts for it.
        self._disable_tooltips = self._disable_notifications = True
        ScrollBar.renderer = WholeBar
        for theme in REGISTERED:
            self.register_theme(theme)
        self.no_color = wants_no_colour()
        if self.no_color:
            # The library's own filter leaves greys.
            self._filters = [Colourless()]
        self._begin_in("ansi" if self.no_color else setup.theme or self.main.last.theme or THEMES[0])

    def get_default_screen(self) -> Screen[None]:
        """The dashboard itself: an empty screen below it would be dressed and painted first, for nobody to see."""
        self.main.fit(self.size)
        return self.main

    async def on_load(self) -> None:
        """The store first, and behind the first frame the ingester."""
        self._run(self._feed_and_ingest())
        # Begun now, it is opened in a thread while the parts of the screen are made and dressed in this one.
        await asyncio.sleep(0)

    def on_mount(self) -> None:
        """Nothing is painted yet."""
        self._run(self._hold_the_first_frame())

    def action_command_palette(self) -> None:
        """All that the keys do, by name."""
        from dezky_audit_tui.tui.screens.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def send(self, sequence: str) -> None:
        """Write a sequence that shows nothing on the screen to the terminal, as the library does to ring its bell."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(sequence)

    def change_theme(self) -> str:
        """The next colours; what to say of them."""
        if self.no_color:
            return "NO_COLOR is set: no colours"
        self.theme = self.chosen_theme = next_theme(self.theme)
        return f"colours: {self.theme}"

    def action_interrupt(self) -> None:
        """Ctrl+C: end at once, and say so in the exit code."""
        self.exit(return_code=Exit.INTERRUPTED)

    def exit(self, *args: Any, **kwargs: Any) -> None:
        """End."""
        self._stop_feeding()
        super().exit(*args, **kwargs)

    def _handle_exception(self, error: Exception) -> None:
        """A fault of this program, for whoever ran it to tell: the library would write what its frames hold on the
        terminal, and with it names, and perhaps secrets, of others."""
        if self.is_headless:
            super()._handle_exception(error)
            return
        self.fault = self.fault or error
        self._stop_feeding()
        self._close_messages_no_wait()

    async def on_event(self, event: events.Event) -> None:
        """All keys and clicks come by here first."""
        if isinstance(event, (events.Key, events.MouseDown, events.MouseScrollDown, events.MouseScrollUp)):
            self.main.heed()
        if isinstance(event, events.MouseEvent) and self._is_nowhere(event):
            return
        if not (isinstance(event, events.Key) and await self._is_bound(event.key)):
            await super().on_event(event)

    def _is_nowhere(self, event: events.MouseEvent) -> bool:
        """Whether a resize took the cell away meanwhile: the library would take the keyboard from all parts."""
        return self.mouse_captured is None and not self.size.region.contains(event.x, event.y)

    async def _is_bound(self, key: str) -> bool:
        """Do what a key means in the timeline, which takes none itself: on the key's way there and up again each part
        between would be woken for it."""
        if self.focused is not self.main.timeline:
            return False
        return await self._check_bindings(key, priority=True) or await self._check_bindings(key)

    async def shut_down(self) -> None:
        """End the ingester, then let the store go. Takes some seconds at most, and does nothing a second time."""
        if self._shut:
            return
        self._shut = True
        self.main.keep_view(self.chosen_theme)
        await self.supervisor.stop()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self.main.feed.close()

    def _stop_feeding(self) -> None:
        """What the store brings from now on would find no screen."""
        if self._feeding is not None:
            self._feeding.cancel()

    def _begin_in(self, theme: ThemeName) -> None:
        """The first colours. To change them later reads all styles again; nothing has been read yet."""
        self.set_reactive(ThriftyApp.theme, theme)
        self._refresh_truecolor_filter(self.ansi_theme)
        self.stylesheet.set_variables(self.get_css_variables())
        dark = self.current_theme.dark
        self.update_classes({f"-theme-{theme}": True, "-dark-mode": dark, "-light-mode": not dark}, update=False)

    def _settle(self) -> None:
        if not gc.isenabled():
            garbage.keep_loaded()
        self.main.painted.set()

    async def _hold_the_first_frame(self) -> None:
        """Until there is something in it: a frame without rows costs a third of the time that the rows take."""
        with self.batch_update(), self.main.unpainted(), contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._something_to_show(), _EMPTY_AFTER_S)
        await self.main.paint()
        self.call_after_refresh(self._settle)

    async def _something_to_show(self) -> None:
        await self.main.laid_out.wait()
        await self.main.feed.told.wait()

    async def _feed_and_ingest(self) -> None:
        self._feeding = self._run(self.main.feed.run())
        await self.main.feed.opened.wait()
        await self.main.painted.wait()
        self._run(self.supervisor.run())
        await self._feeding

    def _run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        self._tasks.append(task)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A fault of this program in the background must not leave a screen that stands still."""
        if not task.cancelled() and (error := task.exception()) is not None and not self._shut:
            self._handle_exception(error if isinstance(error, Exception) else RuntimeError(repr(error)))

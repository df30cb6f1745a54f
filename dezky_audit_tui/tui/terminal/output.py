"""An application that goes over a slow line: it sends what differs, and nothing else."""

from __future__ import annotations

from typing import Any

from rich.color import ColorSystem
from rich.console import Console, RenderableType
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.driver import Driver
from textual.screen import Screen

from dezky_audit_tui.tui.terminal.hangup import Lasting, is_hung_up
from dezky_audit_tui.tui.terminal.keyboard import Ended, listen
from dezky_audit_tui.tui.terminal.narrow import placed
from dezky_audit_tui.tui.terminal.thrift import Thrift


class _Thrifty(CompositorUpdate):
    """What the terminal has to be told of an update."""

    def __init__(self, sequence: str) -> None:
        self._sequence = sequence

    def render_segments(self, console: Console) -> str:
        return self._sequence


class ThriftyApp(App[None]):
    """Stands between Textual's updates and the terminal."""

    def __init__(self) -> None:
        super().__init__()
        self._thrift = Thrift()

    def on_mount(self) -> None:
        """A shell may have written on the terminal while the program was stopped."""
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw(), immediate=True)

    def on_resize(self) -> None:
        """A terminal may lay out anew what it held, also where it is as large as before in the end."""
        self._thrift.forget()

    def action_redraw(self) -> None:
        """Paint all of it anew, where something else has written on the terminal."""
        self._thrift.forget()
        self.screen.refresh(layout=True)

    def get_driver_class(self) -> type[Driver]:
        """The terminal gets its own look back at the end, and one that has gone holds nothing up."""
        driver_class: Any = super().get_driver_class()

        class LeavesPlain(driver_class):  # type: ignore[misc]  # which one it is, the platform decides
            def __init__(self, *args: Any, **named: Any) -> None:
                super().__init__(*args, **named)
                self._file: Any = Lasting(self._file)
                self.exit_event = Ended()

            def stop_application_mode(self) -> None:
                if self._writer_thread is not None:
                    self.write("\x1b[m")
                super().stop_application_mode()

            def run_input_thread(self) -> None:
                listen(self.fileno, self.exit_event, self.process_message)

            def _run_input_thread(self) -> None:
                app = self._app
                try:
                    self.run_input_thread()
                except OSError:
                    app.call_later(app.exit)
                except Exception as fault:  # noqa: BLE001 - told at the end, by whoever ran the application
                    app.call_later(app._handle_exception, fault)

            def _sigcont_application(self, *signal: Any) -> None:
                # The system sends it with a hang-up, too, where nothing was stopped before and nothing may begin.
                if not is_hung_up():
                    super()._sigcont_application(*signal)

        return LeavesPlain

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Textual's own way to the terminal; it has no public one for this."""
        seen = self._running and not self._closed and not self.is_headless and not self._batch_count
        update: Any = renderable
        if seen and isinstance(update, CompositorUpdate):
            colors = self.console._color_system or ColorSystem.TRUECOLOR
            sequence = self._thrift.draw(placed(update), *self.size, colors)
            if sequence and self._sync_available:
                sequence = f"{SYNC_START}{sequence}{SYNC_END}"
            update = _Thrifty(sequence) if sequence else None
        super()._display(screen, update)

    def _begin_update(self) -> None:
        """Each paint has its begin and its end in it: three writes would wake the thread that writes three times."""

    def _end_update(self) -> None:
        """As `_begin_update`."""

"""How far a long command has come, on stderr: one line that changes on a terminal, else a line now and then."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable

from dezky_audit_tui.cli.options import PROG
from dezky_audit_tui.text import visible

_TERMINAL_S = 0.2
_PLAIN_S = 10.0


class Progress:
    """`show` may be called as often as there is news; `end` leaves the last line standing."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._on_terminal = sys.stderr.isatty()
        self._shown_at: float | None = None
        self._open = False

    def show(self, line: str) -> None:
        """The line, where the last one has stood long enough."""
        now = self._monotonic()
        wait = _TERMINAL_S if self._on_terminal else _PLAIN_S
        if self._shown_at is not None and now - self._shown_at < wait:
            return
        self._shown_at = now
        self._write(line, "" if self._on_terminal else "\n")
        self._open = self._on_terminal

    def end(self) -> None:
        """What is written next stands on a line of its own."""
        if self._open:
            self._open = False
            with contextlib.suppress(OSError):
                sys.stderr.write("\n")

    def _write(self, line: str, end: str) -> None:
        begin = "\r\x1b[K" if self._on_terminal else ""
        with contextlib.suppress(OSError):
            sys.stderr.write(f"{begin}{PROG}: {visible(line)}{end}")
            sys.stderr.flush()

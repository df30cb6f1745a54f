"""The terminal when it goes away: a hang-up must neither spin nor block."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios
from typing import TextIO


class Lasting:
    """Takes what is written for a terminal that has gone, as if it were there: Textual's writer would end at its first
    failure, and once 30 writes wait that nobody takes, the whole program waits with them, for ever."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> None:
        """Harmless where there is no terminal any more."""
        with contextlib.suppress(OSError, ValueError):
            self._file.write(text)

    def flush(self) -> None:
        """Likewise."""
        with contextlib.suppress(OSError, ValueError):
            self._file.flush()

    def fileno(self) -> int:
        """The file's own."""
        return self._file.fileno()


def is_hung_up() -> bool:
    """Whether standard input is a terminal that has gone; asked from time to time, since no signal may tell."""
    try:
        descriptor = sys.__stdin__.fileno() if sys.__stdin__ is not None else -1
    except (OSError, ValueError):
        return False
    if descriptor < 0:
        return False
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))


def measure_terminal() -> None:
    """Let the terminal itself tell its size, also after it changed: COLUMNS and LINES, where a shell or a service
    has exported them, would go before it and never change.

    One that does not know its size (a serial line) gets that of these, else the usual one: two libraries would each
    take another one for it, and lay the screen out for both in turn, without end.
    """
    told = [os.environ.pop(name, "") for name in ("LINES", "COLUMNS")]
    if sys.__stdin__ is None:
        return
    with contextlib.suppress(OSError, ValueError):
        lines, columns = termios.tcgetwinsize(sys.__stdin__)
        if not (lines and columns):
            known = (lines or _told(told[0]) or 24, columns or _told(told[1]) or 80)
            termios.tcsetwinsize(sys.__stdin__, known)


def _told(text: str) -> int | None:
    """A size that an environment tells, where a terminal can have it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None


def replace_terminal() -> None:
    """Put /dev/null in the place of a terminal that has gone, for the moments until the program has ended.

    Writing to a dead terminal fails, and stops whoever writes; reading it fails at times, and at times waits.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    with contextlib.suppress(OSError):
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)

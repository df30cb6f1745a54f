"""A command in a pseudo-terminal: its keys, and the screen that it paints."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, Self

import pyte

_PATIENCE_S = 60.0


class Starter(Protocol):
    """Starts commands in an environment of their own."""

    def spawn(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """A command, with these streams."""


class Terminal:
    """A command in a pseudo-terminal, and what its screen shows."""

    def __init__(self, machine: Starter, *arguments: str, columns: int = 120, lines: int = 40, **options: Any) -> None:
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.process = machine.spawn(*arguments, stdin=follower, stdout=follower, stderr=follower, **options)
        os.close(follower)
        self.raw = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.hang_up()

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)

    def until(self, seen: Callable[[str], bool]) -> str:
        """The screen, once it shows what is waited for."""
        deadline = time.monotonic() + _PATIENCE_S
        while not seen(self.text):
            assert time.monotonic() < deadline, f"never seen:\n{self.text}"
            assert self._read(), f"it ended before:\n{self.text}"
        return self.text

    def press(self, keys: str) -> None:
        os.write(self._leader, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._leader, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._screen.resize(lines, columns)
        self.process.send_signal(signal.SIGWINCH)

    def hang_up(self) -> None:
        """The terminal goes away, as a broken SSH connection takes it away."""
        if self._leader >= 0:
            os.close(self._leader)
            self._leader = -1

    def ended(self) -> int:
        """The exit code, once it has ended."""
        deadline = time.monotonic() + _PATIENCE_S
        while self._read():
            assert time.monotonic() < deadline, f"it does not end:\n{self.text}"
        return self.process.wait(timeout=_PATIENCE_S)

    def _read(self) -> bool:
        if not select.select([self._leader], [], [], 0.2)[0]:
            return self.process.poll() is None
        try:
            data = os.read(self._leader, 65_536)
        except OSError:
            return False
        self.raw += data
        self._stream.feed(data)
        return bool(data)

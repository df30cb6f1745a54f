"""Rings when a file is written to, where the system tells of it: by inotify, on Linux. Elsewhere one has to look."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

_MODIFY = 0x2
"""inotify(7): the file was written to."""

_EVENTS = 4_096
"""Bytes that are read at once; what the system has still to tell of one file is mostly one event of 16."""


class FileBell:
    """Readable at `fileno` when the file was written to since it was silenced."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        """What can be waited for."""
        return self._descriptor

    def silence(self) -> None:
        """It has been heard."""
        with suppress(BlockingIOError):
            os.read(self._descriptor, _EVENTS)

    def close(self) -> None:
        """It rings no more."""
        os.close(self._descriptor)


def bell_on(file: Path) -> FileBell | None:
    """A bell on a file; None where there is no such file, or the system has no bell to give (any more)."""
    if sys.platform != "linux":
        return None
    from ctypes import CDLL  # some milliseconds, which no start waits for

    libc = CDLL(None)
    try:
        descriptor: int = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    except AttributeError:
        return None
    if descriptor < 0:
        return None
    if libc.inotify_add_watch(descriptor, os.fsencode(file), _MODIFY) < 0:
        os.close(descriptor)
        return None
    return FileBell(descriptor)

"""The terminal when it goes away: a hang-up must neither spin nor block."""

from __future__ import annotations

import contextlib
import os
import select
import sys


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


def replace_terminal() -> None:
    """Put silence in the place of a terminal that has gone.

    Reading a dead terminal returns at once, for ever, and writing to it fails and stops whoever writes: a pipe that
    says nothing and a sink that takes all let the program end in its own time.
    """
    silent, _ = os.pipe()
    sink = os.open(os.devnull, os.O_WRONLY)
    with contextlib.suppress(OSError):
        os.dup2(silent, 0)
        os.dup2(sink, 1)
        os.dup2(sink, 2)

"""Settings that another process reads, while this one loads the screen.

What reads settings takes a sixth of a start and as much memory, and of all it loads the dashboard needs nothing but the
answer. So a fork reads them, and sends them through a pipe. What it cannot answer is read in this process after all:
with settings as with problems, all is as if there had been no other.
"""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, NoReturn, Self

from dezky_audit_tui.errors import SettingsError
from dezky_audit_tui.settings.model import Settings

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class SettingsBeside:
    """`load_settings` with these overrides, from now on, in a fork; a context manager, which leaves no process behind.

    To be made while there is one thread alone, and before a terminal is drawn on.
    """

    def __init__(self, overrides: Mapping[str, Any]) -> None:
        self._overrides = overrides
        self._pipe, theirs = os.pipe()
        self._child: int | None = None
        # A signal must not find the child with this process's handlers, which would tell the operator a second time.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            with suppress(OSError):  # no room for another process: read in this one
                self._child = os.fork()
            if self._child == 0:
                os.close(self._pipe)
                _answer(theirs, overrides, mask)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._pipe)
        if self._child is not None:
            with suppress(OSError):
                os.kill(self._child, signal.SIGKILL)
            self._has_answered()

    def settings(self) -> Settings:
        """What was read, once it is. Raises SettingsError, as `load_settings` does."""
        with open(self._pipe, "rb", closefd=False) as pipe:
            told = pipe.read()
        if not self._has_answered():
            from dezky_audit_tui.settings.load import load_settings

            return load_settings(self._overrides)
        found: Settings | SettingsError = pickle.loads(told)
        if isinstance(found, SettingsError):
            raise found
        return found

    def _has_answered(self) -> bool:
        """Wait for the child's end: whether it has sent all of its answer."""
        if self._child is None:
            return False
        child, self._child = self._child, None
        try:
            return os.waitpid(child, 0)[1] == 0
        except ChildProcessError:  # where SIGCHLD is ignored, nobody is told how a child has ended
            return False


def _answer(pipe: int, overrides: Mapping[str, Any], mask: Iterable[int]) -> NoReturn:
    """All that the child does. It ends without what a program does at its end: that is the other's business."""
    code = 1
    try:
        for number in _ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for standard in range(3):
            os.dup2(nowhere, standard)
        from dezky_audit_tui.settings.load import load_settings

        try:
            found: Settings | SettingsError = load_settings(overrides)
        except SettingsError as error:
            found = error
        with open(pipe, "wb") as answer:
            pickle.dump(found, answer)
        code = 0
    finally:
        os._exit(code)

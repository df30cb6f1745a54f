"""What comes from the terminal: keys, clicks, answers, and at times garbage, which ends nothing."""

from __future__ import annotations

import os
import selectors
from codecs import getincrementaldecoder
from collections.abc import Callable
from contextlib import suppress
from threading import Event

from textual import events
from textual._xterm_parser import XTermParser
from textual.message import Message

_WAIT_S = 0.1
"""After this long an escape character that nothing follows is the key itself."""
_READ_BYTES = 4096
_PASTE, _PASTED = "\x1b[200~", "\x1b[201~"
_WAYS_OUT = ("\x1b", "\x03")
"""Esc and Ctrl+C, read alone: they end a paste whose end was lost. Else no key would ever count again."""


class Ended(Event):
    """Set at the end of listening. It wakes who waits for keys: else that one would have to look ten times a second,
    which is a fifth of what an idle dashboard costs."""

    def __init__(self) -> None:
        super().__init__()
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)

    def fileno(self) -> int:
        """Can be read from once it is set."""
        return self._read

    def set(self) -> None:
        super().set()
        os.write(self._write, b"\0")

    def clear(self) -> None:
        super().clear()
        with suppress(BlockingIOError):
            os.read(self._read, _READ_BYTES)


def listen(descriptor: int, ended: Ended, take: Callable[[Message], None]) -> None:
    """Hand on what is read until `ended`; then once more what lies there by now. Raises OSError where the terminal has
    gone.

    The library's own way is the same, but ends the program at a byte that is no UTF-8: a word pasted from a page in
    Latin-1, or noise on the line.
    """
    decoder = getincrementaldecoder("utf-8")(errors="replace")
    parser, pastes = _Parser(), _Pastes()
    with selectors.SelectSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        selector.register(ended, selectors.EVENT_READ)
        is_last = False
        while not is_last:
            if is_last := ended.is_set():
                selector.unregister(ended)
            if descriptor in {key.fd for key, _ in selector.select(_WAIT_S if is_last else parser.patience_s)}:
                text = decoder.decode(os.read(descriptor, _READ_BYTES), final=is_last)
                if pastes.is_open and text in _WAYS_OUT:
                    text = f"{_PASTED}{text}"
                pastes.see(text)
                for message in parser.feed(text) if text else ():
                    take(message)
            for message in parser.tick():
                take(message)


class _Pastes:
    """Whether a paste has begun and not ended yet."""

    def __init__(self) -> None:
        self.is_open = False
        self._tail = ""

    def see(self, text: str) -> None:
        """What was read; a mark may come in parts."""
        seen = self._tail + text
        begin, end = seen.rfind(_PASTE), seen.rfind(_PASTED)
        if begin != end:
            self.is_open = begin > end
        self._tail = seen[1 - len(_PASTE) :]


class _Parser(XTermParser):
    """Takes what looks like a key that no keyboard has for no key, and a click on a screen without a size for none."""

    @property
    def patience_s(self) -> float | None:
        """How long to wait for what follows; None where nothing has to."""
        return None if self._timeout_time is None else _WAIT_S

    def parse_mouse_code(self, code: str) -> Message | None:
        try:
            return super().parse_mouse_code(code)
        except ZeroDivisionError:
            return None

    def _parse_extended_key(  # type: ignore[override]  # the library's own is in a cache
        self, sequence: str
    ) -> list[events.Key] | None:
        try:
            return super()._parse_extended_key(sequence)
        except (ValueError, OverflowError):
            return None

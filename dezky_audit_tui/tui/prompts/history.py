"""What was typed before in a prompt, as a shell gives it back. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

MOST = 100

_LONGEST_B, _ALL_B = 2_000, 24_000
"""Bytes of one text that is kept for the next run, and of all of them together."""


class History:
    """Texts, oldest first, without neighbours that are the same. What is being typed comes back at its end."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._at = 0
        self._draft = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """All of them, oldest first."""
        return tuple(self._texts)

    def begin_with(self, texts: Iterable[str]) -> None:
        """What was typed in other runs, before anything of this one."""
        self._texts = [*texts][-MOST:]
        self.rewind()

    def add(self, text: str) -> None:
        """Keep an answer; blanks are none, and an old one moves to the end."""
        text = text.strip()
        if text:
            self._texts = [*(old for old in self._texts if old != text), text][-MOST:]
        self.rewind()

    def rewind(self) -> None:
        """Begin at the end again."""
        self._at = len(self._texts)
        self._draft = ""

    def older(self, typed: str) -> str | None:
        """The text before the one that stands there; None where there is none."""
        if self._at == len(self._texts):
            self._draft = typed
        at = self._at - 1
        while at >= 0 and self._texts[at] == typed.strip():
            at -= 1
        if at < 0:
            return None
        self._at = at
        return self._texts[at]

    def newer(self) -> str | None:
        """The text after it, at last what was being typed; None at the end."""
        if self._at >= len(self._texts):
            return None
        self._at += 1
        return self._draft if self._at == len(self._texts) else self._texts[self._at]


def kept_texts(before: Iterable[str], here: Iterable[str], may_keep: Callable[[str], bool]) -> tuple[str, ...]:
    """What is kept for the next run, oldest first: what other runs have kept, then what was typed `here`; the newest
    ones, as far as there is room. `may_keep`: False for what must not be written down."""
    texts = dict.fromkeys(here)
    kept: list[str] = []
    room = _ALL_B
    for text in reversed([*(old for old in dict.fromkeys(before) if old not in texts), *texts]):
        size = len(json.dumps(text))
        if size > _LONGEST_B or not may_keep(text):
            continue
        room -= size
        if room < 0 or len(kept) == MOST:
            break
        kept.append(text)
    return tuple(reversed(kept))

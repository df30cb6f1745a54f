"""What was typed before in a prompt, as a shell gives it back. Pure."""

from __future__ import annotations

MOST = 100


class History:
    """Texts, oldest first, without neighbours that are the same. What is being typed comes back at its end."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._at = 0
        self._draft = ""

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

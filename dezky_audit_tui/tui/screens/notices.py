"""What is said to the operator in the footer: each for its time, and what must be read one after the other."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque

from textual.screen import Screen

from dezky_audit_tui.errors import StoreError
from dezky_audit_tui.tui.narrator import Narrator

_NOTICE_S = 6.0
_MOST_BEHIND = 3
"""Notices that wait for their time; of more, the latest. Impersonations have a line and a list besides."""


class Notices(Screen[None]):
    """The narrator writes them."""

    narrator: Narrator

    def __init__(self) -> None:
        super().__init__()
        self._turn = 0
        self._stays = False
        self._behind: deque[str] = deque(maxlen=_MOST_BEHIND)

    @abstractmethod
    def show_footer(self) -> None:
        """Write the footer anew."""

    def tell(self, text: str, *, stays: bool = False) -> None:
        """A line for the operator in the footer, for some seconds, and not beyond the next key unless it `stays`: then
        it waits for another one that does."""
        if stays and self.is_calling:
            self._behind.append(text)
            return
        self.narrator.notice, self._stays = text, stays
        self._turn += 1
        turn = self._turn
        self.set_timer(_NOTICE_S, lambda: self._forget(turn))
        self.show_footer()

    @property
    def is_calling(self) -> bool:
        """Whether something stands in the footer that no key ends."""
        return self._stays and self.narrator.notice is not None

    def tell_beside(self, error: StoreError) -> None:
        """The store gave nothing to what nobody waits for. Where it is away, the banner says so already."""
        if self.narrator.news.error is None:
            self.tell(error.message)

    def end_notice(self, *, calls_too: bool) -> None:
        """A key or a click: what was said before may not hold any more, but for calls."""
        if calls_too:
            self._behind.clear()
        if self.narrator.notice is not None and (calls_too or not self.is_calling):
            self._forget(self._turn)

    def _forget(self, turn: int) -> None:
        if turn != self._turn:
            return
        self.narrator.notice = None
        if self._behind:
            self.tell(self._behind.popleft(), stays=True)
        else:
            self.show_footer()

"""What goes on while a filter is typed: the timeline shows it, and the caret is offered what the store holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple

from textual.timer import Timer

from dezky_audit_tui.errors import Interrupted, StoreError
from dezky_audit_tui.model.event import Row
from dezky_audit_tui.model.query import Field, Query
from dezky_audit_tui.tui import prompts
from dezky_audit_tui.tui.screens.frame import Frame
from dezky_audit_tui.tui.setup import Setup
from dezky_audit_tui.tui.supervise import Supervisor

if TYPE_CHECKING:
    from dezky_audit_tui.tui.prompts.completion import Offer, Spot
    from dezky_audit_tui.tui.prompts.values import Values

PAUSE_S = 0.15
"""So long nothing may be typed before the store is asked."""


class _Before(NamedTuple):
    """Where the reader was when the prompt was opened."""

    query: Query
    off: Query | None
    context: Row | None
    row: Row | None
    line: int | None
    following: bool


class Previews(Frame):
    """Shows what is typed as soon as it can be read, and goes back where it is left."""

    locked: Sequence[str] = ()
    """Terms that stand beside the one line that is typed in."""

    def __init__(self, setup: Setup, supervisor: Supervisor) -> None:
        super().__init__(setup, supervisor)
        self._before: _Before | None = None
        self._waiting: Timer | None = None
        self._explained: Query | None = None

    @cached_property
    def _values(self) -> Values:
        return prompts.values.Values(self.setup.store, self.setup.clock)

    def typed_query(self, text: str) -> Query:
        """The filter that `text` makes, together with what cannot be typed."""
        from dezky_audit_tui.model.query_parse import parse_query

        return parse_query(" ".join((text, *self.locked)), now=self.clock())

    def begin_preview(self) -> None:
        """Remember where the reader is."""
        browser = self.browser
        row, line = browser.place
        following = self.timeline.following
        self._before = _Before(browser.wanted, browser.off, browser.context, row, line, following)

    def preview_filter(self, text: str, caret: int, *, readable: bool) -> None:
        """Show what is typed, once it has stood still for a moment; a word that is not whole yet is waited for."""
        if self._waiting is not None:
            self._waiting.stop()
        if self._before is not None:
            self.workers.cancel_group(self, "browse")
        spot = prompts.completion.spot_at(text, caret)
        self._waiting = self.set_timer(PAUSE_S, lambda: self._preview(text, spot, readable=readable))

    def end_preview(self, *, keep: bool = False) -> None:
        """Back to the filter and the place that were there before, or `keep` what is typed."""
        before, self._before = self._before, None
        self.stop_looking_up()
        if before is None or keep:
            return
        self.browser.put_off(before.off, before.context)
        if before.query == self.browser.wanted and not self.browser.loading:
            return
        if before.following or before.row is None:
            self.browse(self.browser.follow(before.query))
        else:
            self.browse(self.browser.stay(before.query, before.row, before.line))

    def look_up(self, text: str, caret: int) -> None:
        """Ask the store what may stand at the caret, once what is typed has stood still for a moment."""
        self.stop_looking_up()
        looking = partial(self._look_up, prompts.completion.spot_at(text, caret))
        self._waiting = self.set_timer(PAUSE_S, lambda: self.run_latest(looking, "values"))

    def stop_looking_up(self) -> None:
        """Nothing is typed any more."""
        if self._waiting is not None:
            self._waiting.stop()
        self.workers.cancel_group(self, "values")

    def complete(self, text: str, caret: int) -> tuple[int, Sequence[Offer]]:
        """What may stand at the caret."""
        spot = prompts.completion.spot_at(text, caret)
        known = self._values.known
        if spot.field in ("actor", "ip", "target"):
            window = (row.event for row in self.timeline.view.window.newest_first())
            known = known.with_values(spot.field, prompts.completion.values_of(window, spot.field))
        return spot.start, prompts.completion.offers_at(spot, known)

    def _preview(self, text: str, spot: Spot, *, readable: bool) -> None:
        if self._before is not None:
            self.run_latest(partial(self._look_and_show, text, spot, readable), "values")

    async def _look_and_show(self, text: str, spot: Spot, readable: bool) -> None:
        # Before the values are counted nobody knows whether a word is the beginning of one.
        if self._values.counted:
            self._show(text, spot, readable)
            await self._look_up(spot)
        else:
            await self._look_up(spot)
            self._show(text, spot, readable)

    def _show(self, text: str, spot: Spot, readable: bool) -> None:
        if self._before is None or not readable or not prompts.completion.is_whole(spot, self._values.known):
            return
        query = self.typed_query(text)
        if query != self.browser.wanted or self.browser.loading:
            self.browser.put_off(None)
            self.browse(self.browser.open(query))

    def changed(self) -> None:
        """Where nothing matches, a value that no event has is told: most are typing errors."""
        super().changed()
        query = self.browser.query
        if self.browser.opened and not len(self.timeline.view.window) and query != self._explained:
            self._explained = query
            from dezky_audit_tui.model.query_unknown import listed_fields

            if not listed_fields(query):
                return  # nothing that a store can list
            self.run_latest(partial(self._explain, query), "explain")

    async def _explain(self, query: Query) -> None:
        from dezky_audit_tui.model.query_unknown import LISTED, unknown_text, unknown_values

        try:
            known = (await self._values.count()).values
        except (StoreError, Interrupted):
            self._explained = None
            return
        values = {field: {*known.get(field, ()), *self._verbs(field)} for field in LISTED}
        self.narrator.unknown = query, [unknown_text(each) for each in unknown_values(query, values)]
        self.narrator.health()

    def _verbs(self, field: Field) -> Iterable[str]:
        """Those that may come any day."""
        return self.setup.verbs.values() if field == "verb" else ()

    async def _look_up(self, spot: Spot) -> None:
        """What the store holds; where it cannot tell, nothing is offered, and the timeline says why."""
        try:
            await self._values.count()
            if spot.field in prompts.values.LOOKED_UP:
                await self._values.look_up(spot.field, spot.typed)
        except (StoreError, Interrupted):
            return
        self.prompt.offer_anew()

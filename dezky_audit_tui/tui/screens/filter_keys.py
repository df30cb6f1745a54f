"""The keys that change the filter. The main screen has them from here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on

from dezky_audit_tui.errors import QueryError
from dezky_audit_tui.model.query import EVERYTHING, Query
from dezky_audit_tui.tui import prompts
from dezky_audit_tui.tui.screens.previews import Previews
from dezky_audit_tui.tui.widgets.top_view import TopView

if TYPE_CHECKING:
    from dezky_audit_tui.tui.prompts.filters import PivotField


class FilterKeys(Previews):
    """Terms: typed, taken from the selected row, turned around, dropped, all off and on."""

    @property
    def _terms(self) -> Query:
        """The filter, also while it is switched off."""
        return self.browser.off or self.browser.wanted

    def action_filter(self) -> None:
        """Type a filter."""
        self._type(self._terms)

    def action_pick(self, field: PivotField) -> None:
        """Choose from all that the store holds, with its counts; a term of the same field gives way."""
        self._type(prompts.filters.without_field(self._terms, field), f"{field}:")

    def _type(self, query: Query, more: str = "") -> None:
        """Open the prompt with these terms and `more` behind them, from which is then chosen."""
        text, self.locked = prompts.filters.typable(query)
        text = " ".join(part for part in (text, more) if part)
        label = f"/ (and {len(self.locked)} that cannot be typed)" if self.locked else "/"
        placeholder = "tenant:acme verb:login* !actor:root since:2h"
        self.begin_preview()
        self.ask(
            "filter",
            label,
            text,
            placeholder,
            lambda typed: prompts.filters.fault_of(typed, self.clock()),
            self.complete,
            pick=bool(more),
        )

    def typed_filter(self, text: str) -> None:
        """The prompt's answer, which `fault_of` has found good."""
        self.end_preview(keep=True)
        self._refilter(self.typed_query(text))

    def action_pivot(self, field: PivotField) -> None:
        """Only rows like the selected one."""
        row = self.selected_row()
        if row is None:
            return
        try:
            query = prompts.filters.with_pivot(self._terms, row.event, field, self.clock())
        except QueryError as error:
            self.tell(error.message)
            return
        self._refilter(query)

    @on(TopView.Taken)
    def _top_taken(self, message: TopView.Taken) -> None:
        try:
            query = prompts.filters.with_value(self._terms, message.field, message.value, self.clock())
        except QueryError as error:
            self.tell(error.message)
            return
        self._refilter(query)

    def action_negate(self) -> None:
        """Turn the last term around."""
        if self._has_terms():
            self._refilter(prompts.filters.with_last_negated(self._terms, self.clock()))

    def action_drop(self) -> None:
        """Take the last term away."""
        if self._has_terms():
            self._refilter(prompts.filters.without_last(self._terms))

    def action_toggle_filter(self) -> None:
        """All terms off, or on again."""
        off = self.browser.off
        if off is not None:
            self.browse(self.browser.open(off))
        elif self.browser.wanted.terms:
            self.browser.put_off(self.browser.wanted)
            self.browse(self.browser.open(EVERYTHING))
        else:
            self._has_terms()

    def _has_terms(self) -> bool:
        """Where there is none, the operator is told."""
        if not self._terms.terms:
            self.tell("there is no filter: / begins one")
        return bool(self._terms.terms)

    def clear_filter(self) -> None:
        """Everything again."""
        self._refilter(EVERYTHING)

    def _refilter(self, query: Query) -> None:
        self.browser.put_off(None)
        if query != self.browser.wanted or self.browser.loading:
            self.browser.want(query)
            self.browse(self._open_filter(query))
        self.show_filter()

    async def _open_filter(self, query: Query) -> None:
        # First the filter line says what is wanted: a thread that reads rows would hold up its paint.
        await self.next_paint()
        await self.browser.open(query)

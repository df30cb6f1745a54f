"""The keys that search without hiding anything, and show a row among its neighbours. The main screen has them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from dezky_audit_tui.errors import QueryError
from dezky_audit_tui.tui import prompts
from dezky_audit_tui.tui.screens.previews import Previews
from dezky_audit_tui.tui.timeline.reader import End

if TYPE_CHECKING:
    from dezky_audit_tui.tui.timeline.search import Search


class SearchKeys(Previews):
    """A search, its hits, and the context of a row."""

    def action_search(self) -> None:
        """Type what to look for."""
        search = self.browser.search
        text = prompts.filters.typable(search.query)[0] if search is not None else ""
        hint = "mallory   verb:login_failed   ip:198.51.100.0/24"
        self.ask(
            "search", "search", text, hint, lambda typed: prompts.filters.fault_of(typed, self.clock()), self.complete
        )

    def typed_search(self, text: str) -> None:
        """The prompt's answer: stay where the row is a hit, else go to the next older one."""
        if not text.strip():
            self.clear_search()
            return
        search = _search_of(text, self.clock())
        self._set_search(search)
        here = self.timeline.selected
        if here is not None and not search.hits(here.event):
            self.action_hit("older")

    def preview_search(self, text: str, caret: int) -> None:
        """Mark the hits on the screen while it is typed, and look up what may stand at the caret."""
        self.look_up(text, caret)
        try:
            search = _search_of(text, self.clock())
        except QueryError:
            return
        self.timeline.highlight(search if search.query.terms else None)

    def action_hit(self, end: End) -> None:
        """To the next hit."""
        search = self.browser.search
        if search is None:
            self.tell("nothing is searched for: s begins a search")
            return
        self.travel(lambda: self.browser.find(search.query, end, "hit"))

    def clear_search(self) -> bool:
        """No marks any more; False where there were none."""
        searched = self.browser.search is not None
        if searched:
            self._set_search(None)
        return searched

    def action_context(self) -> None:
        """The selected row among all its neighbours; or back to the filter, and the row."""
        if self.browser.context is not None or self.browser.query.terms:
            self.browse(self.browser.leave_context() if self.browser.context else self.browser.enter_context())
        else:
            self.tell("no filter hides anything here")

    def _set_search(self, search: Search | None) -> None:
        self.browser.search = search
        self.timeline.highlight(search)
        self.run_guarded(self.browser.count(), "count", exclusive=True)
        self.show_filter()


def _search_of(text: str, now: datetime) -> Search:
    """Raises QueryError. What it takes is loaded when something is searched for: no start waits for it."""
    from dezky_audit_tui.model.query_parse import parse_query
    from dezky_audit_tui.tui.timeline.search import Search

    return Search(parse_query(text, now=now))

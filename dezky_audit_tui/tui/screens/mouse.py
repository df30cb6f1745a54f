"""What a click on a line does: on the filter line, on the impersonations, on the keys of the footer. The main screen
has it from here."""

from __future__ import annotations

from textual import on

from dezky_audit_tui.tui.keymap import action_shown_as
from dezky_audit_tui.tui.screens.filter_keys import FilterKeys
from dezky_audit_tui.tui.screens.insight_keys import InsightKeys
from dezky_audit_tui.tui.screens.moving_keys import MovingKeys
from dezky_audit_tui.tui.screens.search_keys import SearchKeys
from dezky_audit_tui.tui.widgets.line import LineWidget
from dezky_audit_tui.tui.words.filter_bar import part_at


class Mouse(FilterKeys, SearchKeys, MovingKeys, InsightKeys):
    """Each click is one of the keys."""

    @on(LineWidget.Clicked, "#filter")
    def _filter_clicked(self, message: LineWidget.Clicked) -> None:
        match part_at(message.line, message.x):
            case "following":
                self.action_pause()
            case "search":
                self.action_search()
            case "filter":
                self.action_filter()

    @on(LineWidget.Clicked, "#strip")
    def _strip_clicked(self) -> None:
        self.action_open_impersonation()

    @on(LineWidget.Clicked, "#footer")
    async def _footer_clicked(self, message: LineWidget.Clicked) -> None:
        # While something is typed, and beside a notice, there are no keys of this screen.
        key = message.piece_before("key") if not self.prompt.is_open and self.narrator.notice is None else None
        action = action_shown_as(key) if key is not None else None
        if action is not None:
            await self.run_action(action)

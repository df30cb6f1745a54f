"""The dashboard: it routes the messages of its parts, and binds the keys."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.geometry import Size

from dezky_audit_tui.tui.keymap import KEYS
from dezky_audit_tui.tui.screens.event_keys import EventKeys
from dezky_audit_tui.tui.screens.mark_keys import MarkKeys
from dezky_audit_tui.tui.screens.mouse import Mouse
from dezky_audit_tui.tui.screens.newsroom import Newsroom
from dezky_audit_tui.tui.screens.pane_keys import LOW, TALL
from dezky_audit_tui.tui.screens.taking_keys import TakingKeys
from dezky_audit_tui.tui.screens.view_keys import ViewKeys
from dezky_audit_tui.tui.widgets.prompt import Prompt
from dezky_audit_tui.tui.widgets.timeline import Timeline

WIDE = 120
"""Cells from which on the detail stands beside the timeline."""

SHORT = 22
"""Lines below which the volume has to leave its line to a row."""

TINY = 8
"""Lines below which the keys have to leave theirs to a row; panes leave theirs below LOW."""

_PROMPTING = ("filter", "pick", "jump", "search", "export")


class MainScreen(Mouse, EventKeys, MarkKeys, TakingKeys, ViewKeys, Newsroom):
    """All groups of keys on one frame."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # What opens the prompt comes first, so that what is typed right behind it goes there.
        Binding(key.keys, key.action, key.label, show=False, priority=key.action.partition("(")[0] in _PROMPTING)
        for key in KEYS
    ]
    AUTO_FOCUS = "#timeline"

    def on_mount(self) -> None:
        """As it was left; the clock runs."""
        self.take_up()
        self.taken_up.set()
        self.set_interval(1.0, self.second)

    def fit(self, size: Size) -> None:
        """Dress for that size. Each change dresses every part anew: so all at once, and before the first frame."""
        self.update_classes(
            {
                "-narrow": size.width < WIDE,
                "-tall": size.height >= TALL,
                "-short": size.height < SHORT,
                "-low": size.height < LOW,
                "-tiny": size.height < TINY,
            },
            update=self.is_attached,
        )

    def on_resize(self) -> None:
        """Another size: other words fit."""
        self.fit(self.size)
        self.place_pane()
        self.place_detail()
        if self.is_unpainted:
            self.laid_out.set()
        else:
            self.call_after_refresh(self.show_all)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something is typed, no key means anything else."""
        return action not in _PROMPTING or not self.prompt.is_open

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A click elsewhere is the end of typing."""
        if self.prompt not in event.widget.ancestors_with_self:
            self.prompt.cancel()

    # Messages of the parts

    @on(Timeline.Moved)
    def _moved(self) -> None:
        self.look_closer()
        self.show_filter()
        self.show_footer()
        self.follow_reader()
        if self.detail.display:
            self.show_detail()
        if self.dock.open in ("actions", "tenants"):
            self.fill_pane()

    @on(Prompt.Typed)
    def _typed(self, message: Prompt.Typed) -> None:
        if message.kind == "filter":
            self.preview_filter(message.text, message.caret, readable=message.readable)
        elif message.kind == "search":
            self.preview_search(message.text, message.caret)

    @on(Prompt.Closed)
    def _prompt_closed(self, message: Prompt.Closed) -> None:
        if message.kind == "filter" and not message.answered:
            self.end_preview()
        elif message.kind == "search":
            self.stop_looking_up()
            self.timeline.highlight(self.browser.search)
        self.focus_place()
        self.show_filter()
        self.show_footer()

    @on(Prompt.Answered)
    def _answered(self, message: Prompt.Answered) -> None:
        if message.kind == "filter":
            self.typed_filter(message.text)
        elif message.kind == "search":
            self.typed_search(message.text)
        elif message.kind == "export":
            self.typed_export(message.text)
        elif message.kind == "file":
            self.typed_file(message.text)
        else:
            self.typed_jump(message.text)

    # Keys of the screen itself

    def action_escape(self) -> None:
        """The first of: an export or a search that runs, a pane that has the keyboard, the detail, marks of a search,
        the filter."""
        if self.stop_export() or self.browser.stop_search():
            return
        if self.dock.view.has_focus:
            self.focus_place()
            return
        if self.detail.display:
            self.action_detail()
        elif not self.clear_search():
            self.clear_filter()

    def action_help(self) -> None:
        """All keys, those of the part in focus first."""
        from dezky_audit_tui.tui.screens.help import HelpScreen, Place

        place: Place | None = "Event" if self.detail.display else None
        if self.dock.top.has_focus:
            place = "top"
        elif self.dock.view.has_focus:
            place = "Panes"
        self.app.push_screen(HelpScreen(place))

    def action_quit(self) -> None:
        """End."""
        self.app.exit(return_code=0)

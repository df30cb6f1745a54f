"""The keys that move through the timeline. The main screen has them from here."""

from __future__ import annotations

from textual import on

from dezky_audit_tui.tui import prompts
from dezky_audit_tui.tui.screens.frame import Frame
from dezky_audit_tui.tui.timeline.browse import Kind
from dezky_audit_tui.tui.widgets.timeline import Timeline


class MovingKeys(Frame):
    """Rows, pages, the ends of the log, moments, and the next row of a kind."""

    def action_jump(self) -> None:
        """Type a time."""
        jump = prompts.jump
        self.ask(
            "jump",
            "jump to",
            "",
            jump.EXAMPLES,
            lambda typed: jump.fault_of_jump(typed, self.clock(), self.narrator.zone),
        )

    def typed_jump(self, text: str) -> None:
        """The prompt's answer, which `fault_of_jump` has found good."""
        if text.strip():
            moment = prompts.jump.parse_jump(text, self.clock(), self.narrator.zone)
            self.travel(lambda: self.browser.jump(moment))

    def action_pause(self) -> None:
        """Pause, or follow."""
        if self.timeline.following:
            self.timeline.pause()
        else:
            self.action_newest()

    def action_move(self, rows: int) -> None:
        """Select another row."""
        self.timeline.move(rows)

    def action_page(self, pages: int) -> None:
        """A screen up or down."""
        self.timeline.page(pages)

    def action_half_page(self, halves: int) -> None:
        """Half a screen up or down."""
        self.timeline.page(halves / 2)

    def action_newest(self) -> None:
        """Follow the newest."""
        self.travel(self.browser.newest)

    def action_oldest(self) -> None:
        """To the beginning."""
        self.travel(self.browser.oldest)

    def action_next(self, kind: Kind) -> None:
        """To an older row of a kind."""
        self.travel(lambda: self.browser.seek(kind, "older"))

    def action_previous(self, kind: Kind) -> None:
        """To a newer row of a kind."""
        self.travel(lambda: self.browser.seek(kind, "newer"))

    @on(Timeline.Wanted)
    def _wanted(self, message: Timeline.Wanted) -> None:
        self.run_guarded(self.browser.extend(message.end), "pages")

    @on(Timeline.FollowWanted)
    def _follow_wanted(self) -> None:
        self.action_newest()

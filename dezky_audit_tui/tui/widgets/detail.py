"""The selected event in full: a panel beside the timeline, or in its place where the terminal is narrow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical

from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.tui.widgets.lines_view import LinesView
from dezky_audit_tui.tui.words.facts import NO_FINDINGS, Findings
from dezky_audit_tui.tui.words.zone import Zone

if TYPE_CHECKING:
    from dezky_audit_tui.tui.words.related import Related


class Detail(Vertical):
    """Shows one event, and what other events add to it as soon as that is known."""

    DEFAULT_CSS = Path(__file__).with_suffix(".tcss").read_text(encoding="utf-8")

    def __init__(self, clock: Callable[[], datetime], zone: Zone, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._clock = clock
        self.zone = zone
        self._event: AuditEvent | None = None
        self._related: Related | None = None
        self._findings = NO_FINDINGS
        self.display = False

    def compose(self) -> ComposeResult:
        """Lines that scroll."""
        yield LinesView()

    @property
    def view(self) -> LinesView:
        """Its lines."""
        return self.query_one(LinesView)

    @property
    def event(self) -> AuditEvent | None:
        """The event that it shows."""
        return self._event

    def find(self, findings: Findings) -> None:
        """What is known besides of the event that is shown."""
        grows = findings.session is not None and findings.session.is_open
        if grows or findings != self._findings:
            self._findings = findings
            self.lay_out()

    def show(self, event: AuditEvent | None, related: Related | None) -> None:
        """Another event, or news of the same one."""
        if event != self._event:
            self.view.scroll_home(animate=False)
            self._findings = NO_FINDINGS
        self._event, self._related = event, related
        self.lay_out()

    def lay_out(self) -> None:
        """For the width, the zone and the moment that there are now."""
        if self._event is not None and self.view.text_width:
            from dezky_audit_tui.tui.words.detail_lines import detail_lines  # no start waits for it

            width, now = self.view.text_width, self._clock()
            self.view.show(detail_lines(self._event, self._related, self.zone, now, width, self._findings))

    def on_resize(self) -> None:
        """Another width."""
        self.call_after_refresh(self.lay_out)

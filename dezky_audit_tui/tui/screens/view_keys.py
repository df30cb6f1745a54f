"""How the screen looks: times, colours, how it was left, and gone for a while. The main screen has these from here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

from dezky_audit_tui.errors import QueryError
from dezky_audit_tui.logs import holds_no_secret
from dezky_audit_tui.model.query import EVERYTHING, Query
from dezky_audit_tui.tui.last_view import LastView, read_view, write_view
from dezky_audit_tui.tui.prompts.history import kept_texts
from dezky_audit_tui.tui.screens.pane_keys import PaneKeys
from dezky_audit_tui.tui.setup import Setup
from dezky_audit_tui.tui.supervise import Supervisor
from dezky_audit_tui.tui.theme import ThemeName
from dezky_audit_tui.tui.words.zone import Zone

if TYPE_CHECKING:
    from dezky_audit_tui.tui.app import AuditApp

_ZONES = {"utc": "UTC", "local": "local time", "relative": "ages"}


class ViewKeys(PaneKeys):
    """Takes the last view up when it is made; `keep_view` keeps it for the next time."""

    def __init__(self, setup: Setup, supervisor: Supervisor) -> None:
        super().__init__(setup, supervisor)
        self.last = read_view(setup.view_file) if setup.view_file is not None else LastView()
        self._taken_up = self._query_of(self.last)
        self.prompt.history("filter").begin_with(self.last.filters)
        self.prompt.history("search").begin_with(self.last.searches)

    def take_up(self) -> None:
        """As it was left: filter, zone and pane. A filter is told of: what it hides would look like peace."""
        if self._taken_up.terms:
            self.browser.begin_with(self._taken_up, off=self.last.off)
            key = "on" if self.last.off else "off"
            self.tell(f"the filter is as it was left (f: {key}, esc clears it)")
        if self.last.zone != self.narrator.zone.mode:
            self._show_zone(Zone(self.last.zone, self.narrator.zone.local))
        if self.last.pane is not None:
            self.choose_pane(None if self.last.pane == "closed" else self.last.pane)

    def keep_view(self, theme: ThemeName | None) -> None:
        """Write down how it looks now. `theme`: the one that was chosen, if any was."""
        if self.setup.view_file is None:
            return
        before, prompt = read_view(self.setup.view_file), self.prompt
        text = " ".join(term.text for term in (self.browser.off or self.browser.wanted).terms)
        write_view(
            self.setup.view_file,
            LastView(
                filter=text if holds_no_secret(text) else "",
                off=self.browser.off is not None,
                zone=self.narrator.zone.mode,
                theme=theme or self.last.theme,
                pane=(self.dock.open or "closed") if self.pane_chosen else None,
                filters=kept_texts(before.filters, prompt.history("filter").texts, holds_no_secret),
                searches=kept_texts(before.searches, prompt.history("search").texts, holds_no_secret),
            ),
        )

    def action_zone(self) -> None:
        """The next way to show moments."""
        zone = self.narrator.zone.next()
        self._show_zone(zone)
        self.tell(f"times as {_ZONES[zone.mode]}")

    def action_theme(self) -> None:
        """Other colours."""
        self.tell(cast("AuditApp", self.app).change_theme())

    def action_suspend(self) -> None:
        """Stop until the shell goes on with it. Where none has it as a job, as behind `ssh -t HOST dezky-audit-tui`,
        nobody ever would."""
        if os.getpgrp() == os.getsid(0):
            self.tell("no shell is waiting behind this program: q ends it")
        else:
            self.app.action_suspend_process()

    def _show_zone(self, zone: Zone) -> None:
        self.narrator.zone = self.detail.zone = zone
        self.timeline.update(zone=zone)
        self.detail.lay_out()
        self.show_all()

    def _query_of(self, view: LastView) -> Query:
        if not view.filter:
            return EVERYTHING
        from dezky_audit_tui.model.query_parse import parse_query

        try:
            return parse_query(view.filter, now=self.clock())
        except QueryError:
            return EVERYTHING

"""The keys to impersonations, folds and the handover, and what feeds them. The main screen has them from here.

What a key opens is loaded when it is pressed: no start waits for it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from textual import work

from dezky_audit_tui.errors import Interrupted, StoreError
from dezky_audit_tui.insight.session_fold import Session
from dezky_audit_tui.model.event import Row
from dezky_audit_tui.model.tenants import GroupPatterns
from dezky_audit_tui.tui.insights import Stretch
from dezky_audit_tui.tui.screens.frame import Frame
from dezky_audit_tui.tui.setup import Setup
from dezky_audit_tui.tui.supervise import Supervisor
from dezky_audit_tui.tui.timeline.stillness import STILL_S, Stillness
from dezky_audit_tui.tui.words.silences import read_stretch, since_newest

if TYPE_CHECKING:
    from dezky_audit_tui.insight.handover import Handover
    from dezky_audit_tui.tui.app import AuditApp

AGAIN_S = 5.0
"""So long a store that did not give the impersonations is left alone."""

_NEAR = 30
"""Rows beyond the screen that may be of a request with one on it."""

_BEGINNING, _END = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class InsightKeys(Frame):
    """Keeps the insights fed, and goes to what they tell of."""

    def __init__(self, setup: Setup, supervisor: Supervisor) -> None:
        super().__init__(setup, supervisor)
        self.rows_stand = Stillness(lambda: self.call_later(self._scout))

    # What comes from the store

    @work(exclusive=True, group="sessions")
    async def load_insights(self) -> None:
        """Read the impersonations of the store, behind the first page. Until that is done, one without an end may be
        missing: where it fails, and where somebody stopped another search, it is done again."""
        await self.painted.wait()
        while True:
            try:
                await self.insights.sessions.load()
                break
            except Interrupted:
                await asyncio.sleep(STILL_S)
            except StoreError as error:
                self.tell_beside(error)
                await asyncio.sleep(AGAIN_S)
        self.timeline.update()
        self.show_strip()

    def take_insights(self, rows: Sequence[Row]) -> None:
        """Rows that were stored just now."""
        begun = self.insights.take(rows)
        if begun:
            self._call(begun)
        self.show_strip()
        self.look_closer()

    def changed(self) -> None:
        """Among rows of a filter nothing is known of the time between them: it is not told a moment longer."""
        super().changed()
        if bool(self.browser.query.terms) == (self.timeline.view.read is not None):
            self.show_silence()

    def show_silence(self) -> None:
        """What the time after the newest event was, on the timeline's first line."""
        view, window = self.timeline.view, self.timeline.view.window
        newest = window.newest.event.at if window.newest is not None else None
        whole = not self.browser.query.terms
        facts = self.narrator.facts()
        silence, read = since_newest(facts, newest if whole and window.at_newest else None), read_stretch(facts)
        read = read if whole else None
        if silence is not None and silence.kind != "quiet":
            # Its end is now, of which the line needs no more than the day.
            silence = replace(silence, end=silence.end.replace(minute=0, second=0, microsecond=0))
        if (silence, read) != (view.since_newest, view.read):
            view.since_newest, view.read = silence, read
            self.timeline.update()

    def look_closer(self) -> None:
        """Look up what is not known yet of the rows on the screen, once they stand still."""
        self.rows_stand.moved()

    @work(exclusive=True, group="scout")
    async def _scout(self) -> None:
        self.insights.see(self.timeline.view.rows_near(_NEAR))
        self.timeline.repaint()
        try:
            async for lays_out_anew in self.insights.scout(self.timeline.view.rows, self._held()):
                if lays_out_anew:
                    self.timeline.update()
                else:
                    self.timeline.repaint()
            self.show_findings()
        except Interrupted:
            self.look_closer()
        except StoreError as error:
            self.tell_beside(error)

    def _held(self) -> Stretch | None:
        window = self.timeline.view.window
        if self.browser.query.terms or window.newest is None or window.oldest is None:
            return None
        newest = _END if window.at_newest else window.newest.event.at
        return _BEGINNING if window.at_oldest else window.oldest.event.at, newest

    def _call(self, begun: Sequence[Session]) -> None:
        """Tell of those that began just now."""
        from dezky_audit_tui.tui.terminal.alarm import notice_text, notification, worth_calling

        begun = worth_calling(begun, self.clock())
        if not begun:
            return
        text = notice_text(begun)
        self.tell(text, stays=True)
        if self.setup.bell:
            self.app.bell()
        sequence = notification(self.setup.notify, text, in_tmux="TMUX" in os.environ)
        if sequence:
            cast("AuditApp", self.app).send(sequence)

    # Keys

    def action_fold(self) -> None:
        """Open or close what the selected row belongs to."""
        if self.selected_row() is None:
            return
        done = self.timeline.toggle()
        self.tell(done or "this row belongs to no burst of failed logins, and to no impersonation")

    def action_open_impersonation(self) -> None:
        """Go to the start of an impersonation without an end; again: of the next one."""
        sessions = self.insights.sessions.open()
        if not sessions:
            known = self.insights.sessions.loaded
            self.tell("no impersonation is open" if known else "impersonations are still being read")
            return
        here = self.timeline.selected
        keys = [session.key for session in sessions]
        session = self.insights.sessions.book.session_of(here.event) if here is not None else None
        at = (keys.index(session.key) + 1) % len(keys) if session is not None and session.key in keys else 0
        self._go(sessions[at])

    def action_impersonations(self) -> None:
        """List the impersonations."""
        from dezky_audit_tui.tui.screens.sessions import SessionsScreen

        known = self.insights.sessions
        screen = SessionsScreen(known.book.sessions, lambda: known.loaded, self.clock, self.narrator.zone)
        self.app.push_screen(screen, self._chosen)

    def action_handover(self) -> None:
        """The last hours, for the next shift."""
        from dezky_audit_tui.tui.screens.handover import HandoverScreen

        self.app.push_screen(HandoverScreen(self._read_shift, self.clock, self.narrator.zone))

    def _chosen(self, session: Session | None) -> None:
        if session is not None:
            self._go(session)

    def _go(self, session: Session) -> None:
        self.browse(self._go_to(session))

    async def _go_to(self, session: Session) -> None:
        row = await self.insights.find(session)
        if row is None:
            self.tell("the start of this impersonation is not in the store any more")
        else:
            await self.browser.go(row)

    async def _read_shift(self, since: datetime, until: datetime) -> Handover:
        from dezky_audit_tui.insight.handover_read import read_handover

        setup = self.setup
        return await read_handover(
            setup.store,
            setup.source_name,
            since,
            until,
            now=self.clock(),
            admin_groups=GroupPatterns(tuple(setup.admin_groups)),
            verbs=setup.verbs,
            interval_s=setup.interval_s,
        )

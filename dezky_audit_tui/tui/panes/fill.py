"""Fills the open pane: counts what it shows off the loop, and not more often than every few seconds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.store.store import ActionCount, TenantCounts
from dezky_audit_tui.tui import panes
from dezky_audit_tui.tui.setup import Setup
from dezky_audit_tui.tui.widgets.panes_dock import PanesDock
from dezky_audit_tui.tui.words.health import Facts
from dezky_audit_tui.tui.words.zone import Zone

_FRESH_FOR = timedelta(seconds=5)


class PaneFiller:
    """One for the dock; `fill` writes the lines that are known, `count` reads what a pane has to count."""

    def __init__(self, setup: Setup, dock: PanesDock) -> None:
        self._setup, self._dock = setup, dock
        self._actions: Sequence[ActionCount] | None = None
        self._tenants: TenantCounts | None = None
        self._counted: dict[str, datetime] = {}
        self._lit: int | None = None

    def fill(self, facts: Facts, zone: Zone, selected: AuditEvent | None) -> None:
        """Show what is known."""
        width = self._dock.view.text_width
        if not width or self._dock.open is None:
            return
        lit: int | None = None
        away = facts.store_error is not None
        match self._dock.open:
            case "cursor":
                aside = sum(tick.set_aside for tick in facts.ticks)
                lines = panes.cursor.cursor_pane(facts, zone, aside, width)
            case "ticks":
                lines = panes.ticks.ticks_pane(facts.ticks, zone, width)
            case "actions":
                lines, lit = panes.actions.actions_pane(
                    self._actions, self._setup.verbs, selected, zone, facts.now, width, away=away
                )
            case "tenants":
                lines = panes.tenants.tenants_pane(self._tenants, selected, width, away=away)
            case "top":
                return  # it has a cursor, and so a widget of its own
        self._dock.view.show(lines)
        if lit is not None and lit != self._lit:
            self._dock.view.reveal(lit)
        self._lit = lit

    def is_stale(self, now: datetime) -> bool:
        """Whether the open pane has to count again."""
        name = self._dock.open
        if name not in ("actions", "tenants"):
            return False
        counted_at = self._counted.get(name)
        return counted_at is None or now - counted_at >= _FRESH_FOR

    def forget(self) -> None:
        """What was counted may be old: count anew."""
        self._counted.clear()

    async def count(self, now: datetime) -> None:
        """Count for the open pane. Raises StoreError."""
        name = self._dock.open
        try:
            if name == "actions":
                self._actions = await self._setup.store.action_counts()
            elif name == "tenants":
                self._tenants = await self._setup.store.tenant_counts()
        finally:
            if name is not None:
                self._counted[name] = now

"""What the panes below the timeline say, each a module. Loaded when it is first open: see `later`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dezky_audit_tui.tui.later import later

if TYPE_CHECKING:
    from dezky_audit_tui.tui.panes import actions as actions
    from dezky_audit_tui.tui.panes import cursor as cursor
    from dezky_audit_tui.tui.panes import tenants as tenants
    from dezky_audit_tui.tui.panes import ticks as ticks
    from dezky_audit_tui.tui.panes import top as top

__getattr__ = later(__name__)

"""What a dashboard is made of: handed in from outside, so that tests hand in their own clock and store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dezky_audit_tui.model.instants import now
from dezky_audit_tui.model.tenants import DEFAULT_ADMIN_GROUPS
from dezky_audit_tui.store.store import Store
from dezky_audit_tui.tui.supervise import MakeIngester
from dezky_audit_tui.tui.words.zone import Zone

if TYPE_CHECKING:
    # The lines without a screen are made of this too, and load none.
    from dezky_audit_tui.tui.terminal.alarm import Notify
    from dezky_audit_tui.tui.theme import ThemeName


@dataclass(frozen=True, slots=True)
class Setup:
    """`make_ingester` None: watch only. `interval_s`: seconds between ticks. `verbs`: the action map, raw to verb.

    `admin_groups`: patterns of the groups whose changes stand out. `bell` and `notify`: how the start of an
    impersonation calls for attention.
    `theme` None: the one that was chosen last. `view_file`: where that stands, and how else the reader left the
    screen; None: it begins as usual, and is not kept.
    """

    store: Store
    make_ingester: MakeIngester | None
    source_name: str
    interval_s: float = 60.0
    verbs: Mapping[str, str] = field(default_factory=dict)
    clock: Callable[[], datetime] = now
    zone: Zone = field(default_factory=Zone)
    admin_groups: Sequence[str] = DEFAULT_ADMIN_GROUPS
    bell: bool = True
    notify: Notify = "off"
    theme: ThemeName | None = None
    view_file: Path | None = None

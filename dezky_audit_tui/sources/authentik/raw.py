"""What the pull hands on: rows of one page, and what the state becomes with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dezky_audit_tui.errors import SourceError
from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.model.set_aside import SetAside
from dezky_audit_tui.sources.authentik.wire import WireEvent


@dataclass(frozen=True, slots=True)
class Again:
    """The part of a page that was read once more, without a break: all rows from `bottom` up to `top` (exclusive), as
    (moment, pk). `complete`, `settled` and `at`: see `Stretch`."""

    bottom: tuple[datetime, str]
    top: tuple[datetime, str]
    complete: bool
    settled: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class RawStep:
    """Rows of one page, which become durable together with `state` or before it; see `PullStep`. `ids`: the keys of
    all that came, unreadable ones too."""

    rows: tuple[WireEvent, ...]
    set_aside: tuple[SetAside, ...]
    state: PullState
    caught_up: bool = False
    more: bool = False
    warning: str | None = None
    error: SourceError | None = None
    again: Again | None = None
    ids: frozenset[str] = frozenset()

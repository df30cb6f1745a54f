"""An event as the words of one line of the timeline. Pure: hostile text stays as it is until it is fitted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from dezky_audit_tui.model.describe import describe
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.text import is_suspect
from dezky_audit_tui.tui.columns import ColumnName
from dezky_audit_tui.tui.zone import Zone

Tone = Literal["plain", "failure", "impersonation", "quiet"]
"""How a row is coloured. Each tone also has a mark and a word in the row."""

_QUIET = frozenset({"authentik.logout", "authentik.application_authorized"})
FAILED_MARK, IMPERSONATION_MARK, DENIED_MARK = "✗", "!", "⊘"


@dataclass(frozen=True, slots=True)
class Cells:
    """The words of one row by column, its tone, and whether it holds characters that hide or act."""

    words: dict[ColumnName, str]
    tone: Tone
    suspect: bool


def verb_text(event: AuditEvent, *, prefixed: bool) -> str:
    """The verb, without its source's prefix unless `prefixed`."""
    return event.action if prefixed else event.action.removeprefix(f"{event.source}.")


def actor_text(event: AuditEvent) -> str:
    """Who did it: `root AS ana` while impersonating, `-` where nobody is known."""
    name = event.actor_name or event.actor_email or event.actor_id or "-"
    behalf = event.on_behalf_of
    if behalf is None:
        return name
    return f"{name} AS {behalf.name or behalf.email or behalf.id or '?'}"


def tone_of(event: AuditEvent) -> Tone:
    """What a reader should notice of it."""
    if event.outcome in ("failure", "denied"):
        return "failure"
    if event.on_behalf_of is not None or "impersonation" in event.action:
        return "impersonation"
    return "quiet" if event.action in _QUIET else "plain"


def mark_of(event: AuditEvent) -> str:
    """The glyph before the verb."""
    if event.outcome == "denied":
        return DENIED_MARK
    tone = tone_of(event)
    return FAILED_MARK if tone == "failure" else IMPERSONATION_MARK if tone == "impersonation" else " "


def cells_of(event: AuditEvent, zone: Zone, now: datetime, *, prefixed: bool) -> Cells:
    """The words of `event` in every column."""
    what = describe(event)
    target = event.target.name if event.target else None
    named = (event.actor_name, event.actor_email, event.actor_ip, event.action, target, what)
    words: dict[ColumnName, str] = {
        "time": zone.time(event.at, now),
        "mark": mark_of(event),
        "verb": verb_text(event, prefixed=prefixed),
        "tenant": event.tenant_slug or "-",
        "actor": actor_text(event),
        "address": event.actor_ip or "-",
        "what": what,
    }
    return Cells(words, tone_of(event), any(is_suspect(text) for text in named if text))

"""An event as the words of one line of the timeline. Pure: hostile text stays as it is until it is fitted."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from rich.cells import cell_len

from dezky_audit_tui.model.describe import describe
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.text import fit, is_suspect, visible
from dezky_audit_tui.tui.words.columns import ColumnName
from dezky_audit_tui.tui.words.zone import Zone

Tone = Literal["plain", "failure", "broken_in", "impersonation", "privileged", "quiet"]
"""How a row is coloured. Each tone also has a mark and a word in the row."""

_QUIET = frozenset({"authentik.logout", "authentik.application_authorized"})
_AS = " AS "
FAILED_MARK, IMPERSONATION_MARK, DENIED_MARK = "✗", "!", "⊘"
BROKEN_IN_MARK, PRIVILEGED_MARK, NEW_MARK = "✘", "◆", "+"


READERS_MARK = "*"
"""Behind the time of a row that the reader marked."""


class Note(NamedTuple):
    """What is added to a row: a sign in the margin, and a mark, a tone, words in the place of the verb where there is
    no room for more, words before what was done. `new`: the address is marked. `whole`: the words are all of it.
    `marked`: by the reader."""

    tag: str = " "
    mark: str | None = None
    tone: Tone | None = None
    verb: str | None = None
    what: str = ""
    new: bool = False
    whole: bool = False
    marked: bool = False


NOTHING = Note()


class Cells(NamedTuple):
    """The words of one row by column, its tone, and whether it holds characters that hide or act.

    `in_disguise`: it was done as somebody else.
    """

    words: dict[ColumnName, str]
    tone: Tone
    suspect: bool
    in_disguise: bool


def verb_text(event: AuditEvent, *, prefixed: bool) -> str:
    """The verb, without its source's prefix unless `prefixed`."""
    return event.action if prefixed else event.action.removeprefix(f"{event.source}.")


def actor_names(event: AuditEvent) -> tuple[str, str | None]:
    """Who did it, `-` where nobody is known; and as whom, while impersonating."""
    behalf = event.on_behalf_of
    name = event.actor_name or event.actor_email or event.actor_id or "-"
    return name, (behalf.name or behalf.email or behalf.id or "?") if behalf is not None else None


def actor_text(event: AuditEvent) -> str:
    """Who did it: `root AS ana` while impersonating."""
    name, behalf = actor_names(event)
    return name if behalf is None else f"{name}{_AS}{behalf}"


def fit_actor(event: AuditEvent, width: int) -> str:
    """`actor_text` in exactly `width` cells: where both names are too long, each is cut, so that both are seen."""
    name, behalf = actor_names(event)
    if behalf is None or (room := width - len(_AS)) < 2:
        return fit(actor_text(event), width)
    one, two = cell_len(visible(name)), cell_len(visible(behalf))
    left = max(room // 2, room - two) if one + two > room else one
    left = min(left, one)
    return fit(f"{fit(name, left)}{_AS}{fit(behalf, min(two, room - left))}", width)


def tone_of(event: AuditEvent) -> Tone:
    """What a reader should notice of it."""
    if event.outcome in ("failure", "denied"):
        return "failure"
    if _in_disguise(event):
        return "impersonation"
    return "quiet" if event.action in _QUIET else "plain"


def _in_disguise(event: AuditEvent) -> bool:
    return event.on_behalf_of is not None or "impersonation" in event.action


def mark_of(event: AuditEvent) -> str:
    """The glyph before the verb."""
    if event.outcome == "denied":
        return DENIED_MARK
    tone = tone_of(event)
    return FAILED_MARK if tone == "failure" else IMPERSONATION_MARK if tone == "impersonation" else " "


def cells_of(
    event: AuditEvent, zone: Zone, now: datetime, *, prefixed: bool, note: Note = NOTHING, brief: bool = False
) -> Cells:
    """The words of `event` in every column. `brief`: there is no column for what was done."""
    what = describe(event)
    target = event.target.name if event.target else None
    named = (event.actor_name, event.actor_email, event.actor_ip, event.action, target, what)
    words: dict[ColumnName, str] = {
        "time": zone.time(event.at, now),
        "mark": note.mark or mark_of(event),
        "verb": note.verb if brief and note.verb else verb_text(event, prefixed=prefixed),
        "tenant": event.tenant_slug or "-",
        "actor": actor_text(event),
        "address": event.actor_ip or "-",
        "what": note.what if note.whole else "  ".join(part for part in (note.what, what) if part),
    }
    suspect = any(is_suspect(text) for text in named if text)
    return Cells(words, note.tone or tone_of(event), suspect, _in_disguise(event))

"""One event as lines to read: first in words, then as JSON. Pure; texts from data are made visible here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from rich.cells import chop_cells

from dezky_audit_tui.model.describe import describe, place_text, target_text
from dezky_audit_tui.model.event import AuditEvent, event_json
from dezky_audit_tui.model.finding import change_text
from dezky_audit_tui.text import is_suspect, visible
from dezky_audit_tui.tui.words.cells import actor_text, mark_of, tone_of, verb_text
from dezky_audit_tui.tui.words.facts import NO_FINDINGS, Findings, facts_of
from dezky_audit_tui.tui.words.pieces import Line, Piece, Tone, chop, crop, wrap
from dezky_audit_tui.tui.words.related import Related
from dezky_audit_tui.tui.words.why import why_text
from dezky_audit_tui.tui.words.zone import Zone, age

_LABEL = 10
_GROUPS = 12
"""Groups that are listed."""

_NOTED = {
    "missing": "was missing here until {}, though its time had been read",
    "changed": "changed at the source, found {}; below, as it was first seen",
    "gone": "gone from the source, found {}, before its time to expire",
}
_JSON = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*"(?=\s*:))|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>[-\w.+]+)|(?P<rest>[^"\w.+-]+)'
)
_JSON_TONES: Mapping[str, Tone] = {"key": "accent", "text": "plain", "word": "warn", "rest": "dim"}
_EVENT_TONES: Mapping[str, Tone] = {"failure": "bad", "impersonation": "warn", "plain": "strong", "quiet": "strong"}


def detail_lines(
    event: AuditEvent,
    related: Related | None,
    zone: Zone,
    now: datetime,
    width: int,
    findings: Findings = NO_FINDINGS,
) -> list[Line]:
    """The lines for `width` cells. `related` None: it is being looked up."""
    lines: list[Line] = [_title(event)]
    moment = f"{zone.exact(event.at)}   {_ago(event.at, now)}"
    lines.append((Piece(f" {moment}", "dim"),))
    lines.append(())
    for label, value, tone in (*facts_of(findings, zone, now), *_facts(event, related, zone)):
        lines += _fact(label, value, tone, width)
    lines += _siblings(event, related, zone, width)
    lines += [(), (Piece(" as stored", "dim"),)]
    lines += json_lines(event_json(event), width)
    return lines


def copy_text(event: AuditEvent) -> str:
    """The event's JSON for a clipboard: in ASCII, so that pasting it can do nothing."""
    return json.dumps(event_json(event), indent=2, ensure_ascii=True, default=str)


def json_lines(value: Mapping[str, Any], width: int) -> list[Line]:
    """JSON with its parts told apart, chopped to the width."""
    lines: list[Line] = []
    # Only its own line ends are lines: a text may hold others, and what follows them would look like a key.
    for text in json.dumps(value, indent=2, ensure_ascii=False, default=str).split("\n"):
        pieces = [Piece(found[0], _JSON_TONES[found.lastgroup or "rest"]) for found in _JSON.finditer(visible(text))]
        lines += [(Piece(" "), *line) for line in chop(pieces, max(8, width - 2))]
    return lines


def _title(event: AuditEvent) -> Line:
    mark = mark_of(event).strip()
    title = f" {mark} " if mark else " "
    return (
        Piece(title + visible(verb_text(event, prefixed=False)), _EVENT_TONES[tone_of(event)]),
        Piece(f"   {event.outcome}", "bad" if event.outcome in ("failure", "denied") else "dim"),
    )


def _facts(event: AuditEvent, related: Related | None, zone: Zone) -> Iterator[tuple[str, str, Tone]]:
    meta = event.metadata
    yield from _notes(related, zone)
    yield from _who(event, related)
    if event.on_behalf_of is not None:
        behalf = event.on_behalf_of
        yield from _person("as", behalf.name, behalf.id, behalf.email, "warn")
    if event.raw_action == "impersonation_ended" and event.on_behalf_of is None:
        yield "as", _ended(related, zone), "warn"
    if event.actor_ip or place_text(event):
        yield "from", "   ".join(visible(part) for part in (event.actor_ip, place_text(event)) if part), "plain"
    if event.target is not None:
        target = target_text(event) or "-"
        id = f" (id {event.target.id})" if event.target.id and event.target.name else ""
        yield "target", visible(target + id), "plain"
    what = describe(event, place=False)
    if what:
        yield "what", visible(what), "plain"
    yield (
        "tenant",
        visible(event.tenant_slug) if event.tenant_slug else "none",
        "strong" if event.tenant_slug else "dim",
    )
    yield "because", why_text(event), "plain"
    yield from _groups(event)
    why = event.tenant_why
    if why is not None and why.looked_up_at is not None:
        yield "", f"as the directory said at {zone.exact(why.looked_up_at)}", "dim"
    if event.unmapped:
        yield "verb", f"{visible(event.raw_action or '?')} is not in the action map: kept under its own name", "dim"
    for label, key in (("request", "path"), ("agent", "userAgent")):
        value = meta.get(key)
        if isinstance(value, str) and value:
            method = meta.get("method") if key == "path" else None
            yield label, visible(f"{method} {value}" if isinstance(method, str) else value), "plain"
    if _holds_hidden(event):
        yield (
            "beware",
            "holds characters that hide or act on a terminal; here they are shown as glyphs and codes",
            "bad",
        )
    recorded = f", stored {_delay((event.recorded_at - event.at).total_seconds())}" if event.recorded_at else ""
    yield "source", visible(f"{event.source} {event.external_id or 'without an id'}{recorded}"), "dim"


def _delay(seconds: float) -> str:
    return f"{age(seconds)} later" if seconds >= 1 else "at once"


def _groups(event: AuditEvent) -> Iterator[tuple[str, str, Tone]]:
    """In the order in which they were looked at, with what became of each."""
    why, found = event.tenant_why, False
    for at, name in enumerate(why.groups[:_GROUPS] if why is not None else ()):
        assert why is not None  # it has groups
        if name in why.stripped:
            words, tone = "left out: an admin group", "dim"
        elif why.reason == "matched" and name.strip() == event.tenant_slug:
            words, tone, found = "names the tenant", "ok", True
        else:
            words, tone = "not looked at: the first one counts" if found else "names no tenant", "dim"
        yield "groups" if not at else "", f"{visible(name)}   {words}", cast(Tone, tone)
    if why is not None and len(why.groups) > _GROUPS:
        yield "", f"and {len(why.groups) - _GROUPS:,} more", "dim"


def _notes(related: Related | None, zone: Zone) -> Iterator[tuple[str, str, Tone]]:
    """What reading the source again found of the event; the event itself stays as it was first seen."""
    for note in related.notes if related is not None else ():
        yield "noted", _NOTED[note.kind].format(zone.exact(note.found_at)), "warn"
        for change in note.changes:
            yield "", visible(change_text(change)), "warn"
        if note.back_at is not None:
            yield "", f"shown there again since {zone.exact(note.back_at)}", "dim"


def _who(event: AuditEvent, related: Related | None) -> Iterator[tuple[str, str, Tone]]:
    if event.actor_name is None and event.actor_email is None and event.actor_id is None:
        told = related.actor if related is not None else None
        if told is None:
            yield "who", "not recorded", "dim"
            return
        yield "who", visible(actor_text(told)), "strong"
        yield "", f"told by {visible(verb_text(told, prefixed=False))} of the same request", "dim"
        return
    yield from _person("who", event.actor_name, event.actor_id, event.actor_email, "strong")
    if event.raw_action == "login_failed":
        yield "", "the name that was typed", "dim"


def _ended(related: Related | None, zone: Zone) -> str:
    if related is None:
        return "…"
    started = related.started
    if started is None:
        return "not recorded, and no start of this impersonation is known"
    behalf, target = started.on_behalf_of, started.target
    name = (behalf.name or behalf.id if behalf else None) or (target.name or target.id if target else None) or "?"
    return f"{visible(name)} (told by the start at {zone.exact(started.at)})"


def _person(
    label: str, name: str | None, id: str | None, email: str | None, tone: Tone
) -> Iterator[tuple[str, str, Tone]]:
    first = name or email or f"user {id}"
    yield label, visible(first), tone
    more = [part for part in (f"id {id}" if id else None, email if email != first else None) if part]
    if more and more != [f"id {id}"]:
        yield "", visible(", ".join(more)), "dim"
    elif more and first != f"user {id}":
        yield "", visible(more[0]), "dim"


def _fact(label: str, value: str, tone: Tone, width: int) -> Iterator[Line]:
    for at, text in enumerate(_wrapped(value, max(12, width - _LABEL - 2))):
        yield (Piece(f" {label if at == 0 else '':<{_LABEL}}", "dim"), Piece(text, tone))


def _wrapped(text: str, width: int) -> list[str]:
    """At blanks where there are any, and within a word that is longer than a line: nothing is left out."""
    words = [part for word in text.split(" ") for part in (chop_cells(word, width) or [""])]
    return wrap(" ".join(words), width, 50)


def _siblings(event: AuditEvent, related: Related | None, zone: Zone, width: int) -> Iterator[Line]:
    if event.request_id is None:
        return
    yield ()
    if related is None:
        yield (Piece(" same request: looking…", "dim"),)
        return
    if not related.siblings:
        yield (Piece(" no other event of the same request", "dim"),)
        return
    yield (Piece(" same request", "dim"),)
    for other in related.siblings:
        mark = mark_of(other)
        words = f"{verb_text(other, prefixed=False)}  {actor_text(other)}  {describe(other)}"
        time = zone.place(other.at).strftime("%H:%M:%S")
        yield crop((Piece(f"   {time} {mark} ", "dim"), Piece(visible(words))), width)


def _holds_hidden(event: AuditEvent) -> bool:
    target = event.target
    texts = (event.actor_name, event.actor_email, event.actor_ip, event.action, describe(event))
    return any(is_suspect(text) for text in (*texts, target.name if target else None) if text)


def _ago(at: datetime, now: datetime) -> str:
    seconds = (now - at).total_seconds()
    return "ahead of this clock" if seconds < -1 else "just now" if seconds < 1 else f"{age(seconds)} ago"

"""What may stand at the caret of a filter: fields, and the values that the store holds. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dezky_audit_tui.model.event import OUTCOMES, AuditEvent
from dezky_audit_tui.model.query_parse import FIELDS
from dezky_audit_tui.model.query_values import FLAGS, NONE
from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.prompts.filters import quoted

_FIELD = re.compile(r"([A-Za-z_]+):")
_SPANS = ("15m", "1h", "4h", "24h", "7d")
_WITHIN_FROM = 2
"""Letters of a value from which on it is also found in the middle of another."""


@dataclass(frozen=True, slots=True)
class Spot:
    """What is typed at the caret: `typed` from column `start` up to the caret, of `field` (None: a field's name)."""

    start: int
    field: str | None
    typed: str


@dataclass(frozen=True, slots=True)
class Offer:
    """One text that may stand there, and how many rows have it, where that is known."""

    text: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """Values that the store holds, by field, with how many rows have each (None: not counted)."""

    values: Mapping[str, Mapping[str, int | None]] = field(default_factory=dict)

    def with_values(self, name: str, values: Iterable[str]) -> Known:
        """More values of a field, uncounted."""
        held = self.values.get(name, {})
        more = {value: held.get(value) for value in (*held, *values)}
        return replace(self, values={**self.values, name: more})


def known_of(
    tenants: Mapping[str, int], slugs: Iterable[str], actions: Mapping[str, int], sources: Mapping[str, int]
) -> Known:
    """From what the store counts. A verb is offered by its last word too, as a filter takes it."""
    verbs: Counter[str] = Counter()
    for action, rows in actions.items():
        verbs[action.rpartition(".")[2]] += rows
        if "." in action:
            verbs[action] += rows
    named: dict[str, int | None] = dict.fromkeys(sorted(slugs), 0)
    return Known({"tenant": {**named, **tenants}, "verb": dict(verbs.most_common()), "source": dict(sources)})


def spot_at(text: str, caret: int) -> Spot:
    """What the caret stands behind."""
    before = text[:caret]
    start = _after_last(before, str.isspace)
    start += before[start : start + 1] in ("!", "-") and len(before) > start
    found = _FIELD.match(before, start)
    if found is None:
        return Spot(start, None, before[start:])
    start = found.end() + _after_last(before[found.end() :], lambda char: char == ",")
    typed = before[start:]
    return Spot(start, found[1].lower(), typed.removeprefix('"').replace('\\"', '"'))


def offers_at(spot: Spot, known: Known) -> list[Offer]:
    """What may stand there, the likeliest first; nothing where all of it is typed already."""
    typed = spot.typed.lower()
    if spot.field is None:
        return [Offer(f"{name}:") for name in FIELDS if name.startswith(typed)]
    values = _values(spot.field, known)
    begin = [value for value in values if value.lower().startswith(typed)]
    # What is typed as a whole goes before what is more frequent: Enter may take the first one.
    begin.sort(key=lambda value: value.lower() != typed)
    within = [value for value in values if typed in value.lower()[1:] and value not in begin]
    found = begin + (within if len(typed) >= _WITHIN_FROM else [])
    if spot.field == "verb" and "." not in typed:
        found = [value for value in found if "." not in value] or found
    if found == [spot.typed]:
        return []
    return [
        Offer(value if value == NONE else quoted(value), values[value]) for value in found if visible(value) == value
    ]


def is_whole(spot: Spot, known: Known) -> bool:
    """Whether what is typed may be meant as it stands: no name of a field, and no beginning of a known value."""
    if spot.field is None:
        return not (spot.typed and any(name.startswith(spot.typed.lower()) for name in FIELDS))
    return spot.typed in _values(spot.field, known) or not offers_at(spot, known)


def values_of(events: Iterable[AuditEvent], name: str) -> list[str]:
    """The values of a field in some events, the first seen first."""
    seen: dict[str, None] = {}
    for event in events:
        target = event.target
        texts: Sequence[str | None] = {
            "actor": (event.actor_name, event.actor_email),
            "ip": (event.actor_ip,),
            "target": (target.name, target.type) if target else (),
        }.get(name, ())
        seen |= {text: None for text in texts if text}
    return list(seen)


def _values(name: str, known: Known) -> Mapping[str, int | None]:
    match name:
        case "outcome":
            return dict.fromkeys(OUTCOMES)
        case "is":
            return dict.fromkeys(FLAGS)
        case "since" | "until":
            return dict.fromkeys(_SPANS)
        case "tenant":
            return {**known.values.get("tenant", {}), NONE: known.values.get("tenant", {}).get(NONE)}
    return known.values.get(name, {})


def _after_last(text: str, parts: Callable[[str], bool]) -> int:
    """The column behind the last separator that stands outside of quotes."""
    start, inside, at = 0, False, 0
    while at < len(text):
        if inside and text[at] == "\\":
            at += 1
        elif text[at] == '"':
            inside = not inside
        elif not inside and parts(text[at]):
            start = at + 1
        at += 1
    return start

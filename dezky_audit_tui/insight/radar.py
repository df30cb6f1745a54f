"""The action map against what was seen: actions without a verb of ours, and verbs that nothing ever used. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from dezky_audit_tui.store.store import ActionCount


@dataclass(frozen=True, slots=True)
class Radar:
    """`unmapped`: actions that fell through, the latest to appear first. `never_seen`: raw names that the map has
    and nothing used, with their verbs."""

    unmapped: tuple[ActionCount, ...]
    never_seen: Mapping[str, str]

    def new_between(self, since: datetime, until: datetime) -> tuple[ActionCount, ...]:
        """The unmapped actions that were first seen in that time."""
        return tuple(count for count in self.unmapped if since <= count.first_at < until)


def radar_of(counts: Iterable[ActionCount], verbs: Mapping[str, str]) -> Radar:
    """From all actions ever counted, and the map from raw names to verbs."""
    counted = list(counts)
    seen = {count.raw for count in counted}
    unmapped = sorted((count for count in counted if count.unmapped), key=lambda count: (count.first_at, count.action))
    return Radar(tuple(reversed(unmapped)), {raw: verb for raw, verb in verbs.items() if raw not in seen})

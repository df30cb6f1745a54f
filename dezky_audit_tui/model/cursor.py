"""How far the pull has come: one value per source, always written as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dezky_audit_tui.model.instants import instant_text, parse_instant


@dataclass(frozen=True, slots=True)
class Mark:
    """One place in the source's list: the exact text of `created` and the pk. Ordered by (moment, pk).

    Many events share a timestamp, and a store's milliseconds are too coarse to order them: so the text is kept.
    Raises ValueError where `created` is no moment.
    """

    created: str
    pk: str
    at: datetime = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", parse_instant(self.created))

    @property
    def key(self) -> tuple[datetime, str]:
        """What to compare: microseconds, then the pk."""
        return (self.at, self.pk)


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch that has not been read: everything below `top` (exclusive) with `created` at or above `bottom`.

    `bottom` None is the beginning of the list. `unread` was never read and is shown as a gap; `recheck` was read
    before and is to be read again; with `rewalk` all of it was settled, so what is new in it was missing until then.
    `end_index` (the row at `top`, counted from 1) and `count` (the list's length
    then) are a hint where it lies. `events`: about how many rows it holds, where that can be told.
    """

    top: Mark
    bottom: datetime | None
    kind: str
    end_index: int | None = None
    count: int | None = None
    events: int | None = None
    rewalk: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no row can lie in it."""
        return self.bottom is not None and self.top.key <= (self.bottom, "")


UNREAD = "unread"
RECHECK = "recheck"


@dataclass(frozen=True, slots=True)
class PullState:
    """The pull's state of one source. Every event visible with `created` up to `settled_at` is stored or lies
    in a hole. `rewalked_at`: when the last day was last walked again. `history_from`: the reach of the first run;
    nothing older is wanted. `rev` counts the writes: a write is conditional on it.
    """

    source: str
    cursor: Mark | None = None
    settled_at: datetime | None = None
    holes: tuple[Hole, ...] = ()
    rewalked_at: datetime | None = None
    history_from: datetime | None = None
    rev: int = 0

    @property
    def unread(self) -> tuple[Hole, ...]:
        """The holes that are shown as gaps, newest first."""
        return tuple(hole for hole in self.holes if hole.kind == UNREAD)


def hole_json(hole: Hole) -> dict[str, Any]:
    """A hole as JSON-ready data."""
    return {
        "kind": hole.kind,
        "top": {"created": hole.top.created, "pk": hole.top.pk},
        "bottom": instant_text(hole.bottom) if hole.bottom else None,
        "endIndex": hole.end_index,
        "count": hole.count,
        "events": hole.events,
        "rewalk": hole.rewalk,
    }


def hole_from_json(data: Mapping[str, Any]) -> Hole:
    """The inverse of `hole_json` (a bottom is kept in milliseconds, cut: the hole may only grow by that)."""
    return Hole(
        top=Mark(data["top"]["created"], data["top"]["pk"]),
        bottom=parse_instant(data["bottom"]) if data["bottom"] else None,
        kind=data["kind"],
        end_index=data.get("endIndex"),
        count=data.get("count"),
        events=data.get("events"),
        rewalk=data.get("rewalk") is True,
    )


def state_json(state: PullState) -> dict[str, Any]:
    """The state as JSON-ready data (`cursor` in `status --json`)."""
    return {
        "source": state.source,
        "lastEventAt": instant_text(state.cursor.at) if state.cursor else None,
        "lastEventId": state.cursor.pk if state.cursor else None,
        "lastEventCreated": state.cursor.created if state.cursor else None,
        "settledAt": instant_text(state.settled_at) if state.settled_at else None,
        "holes": [hole_json(hole) for hole in state.holes],
        "rewalkedAt": instant_text(state.rewalked_at) if state.rewalked_at else None,
        "historyFrom": instant_text(state.history_from) if state.history_from else None,
        "rev": state.rev,
    }


def state_from_json(data: Mapping[str, Any]) -> PullState:
    """The inverse of `state_json`."""
    created, pk = data.get("lastEventCreated"), data.get("lastEventId")
    settled, rewalked, history = data.get("settledAt"), data.get("rewalkedAt"), data.get("historyFrom")
    return PullState(
        source=data["source"],
        cursor=Mark(created, pk) if created and pk else None,
        settled_at=parse_instant(settled) if settled else None,
        holes=tuple(hole_from_json(hole) for hole in data.get("holes") or ()),
        rewalked_at=parse_instant(rewalked) if rewalked else None,
        history_from=parse_instant(history) if history else None,
        rev=int(data.get("rev") or 0),
    )

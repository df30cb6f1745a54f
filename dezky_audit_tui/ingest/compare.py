"""A stretch that was read again, compared with what is stored: what was missing, was changed, or is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dezky_audit_tui.model.event import AuditEvent, Position
from dezky_audit_tui.model.finding import EXPIRES, Finding, FindingKind, changes_between, finding_of
from dezky_audit_tui.model.instants import floor_ms, parse_instant
from dezky_audit_tui.model.query import Match, Pattern, Query, Since, Term, Until
from dezky_audit_tui.sources.source import Stretch
from dezky_audit_tui.store.store import Lease, Store

_ROWS = 500
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Compared:
    """`found`: all that differs. `news`: of that, what was not known yet, and is kept by the store now. `shown`: how
    many events the source shows in the stretch."""

    found: tuple[Finding, ...]
    news: tuple[Finding, ...]
    shown: int


async def compare(
    store: Store, source: str, stretch: Stretch, new: Collection[AuditEvent], lease: Callable[[], Lease]
) -> Compared:
    """Compare, and keep what is news; before the page is committed, so that a crash in between repeats it.

    `new`: the events of the page that are not stored. An event that the source meant to forget by now is not `gone`.
    May raise a StoreError.
    """
    shown = {event.external_id: event for event in stretch.events}
    at = floor_ms(stretch.at)
    found: list[Finding] = []
    if stretch.settled:
        found += [finding_of(event, "missing", at) for event in new if _lies_in(event, stretch)]
    async for event in _stored_in(store, source, stretch):
        now = shown.get(event.external_id)
        if now is not None:
            changes = changes_between(event, now)
            if changes:
                found.append(finding_of(event, "changed", at, changes))
        elif stretch.complete and event.external_id not in stretch.ids and not _expired(event, stretch.at):
            found.append(finding_of(event, "gone", at))
    ids = stretch.ids | {each.external_id for each in found}
    known = {(each.external_id, each.kind): each for each in await store.findings_of(source, ids)}
    found = [_as_known(each, known) for each in found]
    news = [each for each in found if known.get((each.external_id, each.kind)) != each]
    news += [
        replace(each, back_at=at)
        for each in known.values()
        if each.kind == "gone" and each.back_at is None and each.external_id in stretch.ids
    ]
    if news:
        await store.note(news, lease())
    inside = sum(1 for event in stretch.events if _lies_in(event, stretch))
    return Compared(tuple(found), tuple(news), inside)


def news_line(news: Collection[Finding]) -> str | None:
    """A line for the operator about what is news; None where nothing is."""
    parts = []
    for kind, words in _WORDS.items():
        count = sum(1 for each in news if each.kind == kind and each.back_at is None)
        if count:
            parts.append(words.format(f"{count:,}", "s" if count > 1 else "", "were" if count > 1 else "was"))
    back = sum(1 for each in news if each.back_at is not None)
    if back:
        parts.append(f"{back:,} that had gone came back")
    return f"reading again found: {', '.join(parts)}; `findings` lists them" if parts else None


_WORDS: dict[FindingKind, str] = {
    "missing": "{} event{} that {} missing here, stored now",
    "changed": "{} event{} that {} changed at the source",
    "gone": "{} event{} that {} deleted at the source",
}


def _as_known(finding: Finding, known: dict[tuple[str, FindingKind], Finding]) -> Finding:
    """With the moment when it was found first."""
    before = known.get((finding.external_id, finding.kind))
    return finding if before is None else replace(finding, found_at=before.found_at)


async def _stored_in(store: Store, source: str, stretch: Stretch) -> AsyncIterator[AuditEvent]:
    """What is stored of the stretch, by the exact moment. Rows of other writers name none, and are left out."""
    terms = (
        Match("source", (Pattern(source),)),
        Since(floor_ms(stretch.bottom[0])),
        Until(floor_ms(stretch.top[0]) + _MS),
    )
    query = Query(tuple(Term(condition, negated=False, text="") for condition in terms))
    than: Position | None = None
    while rows := await store.newer(query, than, _ROWS):
        for row in rows:
            if row.event.source == source and _lies_in(row.event, stretch):
                yield row.event
        than = rows[-1].position


def _lies_in(event: AuditEvent, stretch: Stretch) -> bool:
    exact = _moment(event.metadata.get("created"))
    return (
        event.external_id is not None
        and exact is not None
        and stretch.bottom <= (exact, event.external_id) < stretch.top
    )


def _expired(event: AuditEvent, at: datetime) -> bool:
    expires = _moment(event.metadata.get(EXPIRES))
    return expires is not None and expires <= at


def _moment(value: object) -> datetime | None:
    try:
        return parse_instant(value) if isinstance(value, str) else None
    except ValueError:
        return None

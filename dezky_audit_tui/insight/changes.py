"""Changes that somebody has to know of after a shift: memberships, second factors, passwords, other privileged ones."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from dezky_audit_tui.insight.kinds import (
    GROUP_MODEL,
    PASSWORD_SET,
    STARTED,
    USER_MODEL,
    Place,
    actor_of,
    is_nobody,
    kind_of,
    place_of,
)
from dezky_audit_tui.insight.privileged import Privilege, privilege_of, set_by_other
from dezky_audit_tui.model.describe import describe
from dezky_audit_tui.model.event import AuditEvent, Person, Target
from dezky_audit_tui.model.tenants import GroupPatterns

Section = Literal["memberships", "mfa", "passwords", "privileged"]
SECTIONS: tuple[Section, ...] = ("memberships", "mfa", "passwords", "privileged")

LIMIT = 500
"""Changes that are kept of each sort, the newest."""

_WRITERS = 5_000
_MODEL_CHANGES = frozenset({"model_created", "model_updated", "model_deleted"})
_GROUP_FIELDS = frozenset({"groups", "ak_groups"})


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `told`: False where only that a group was saved is known, not what changed in it. `by`: of a
    password, `other`, `self`, or `unknown` where the record does not say who set it."""

    place: Place
    source: str
    external_id: str | None
    action: str
    actor: Person
    behalf: Person | None
    target: Target | None
    address: str | None
    tenant: str | None
    what: str
    privilege: Privilege | None
    request_id: str | None = None
    told: bool = True
    by: Literal["other", "self", "unknown"] | None = None

    @property
    def at(self) -> datetime:
        """The exact moment."""
        return self.place[0]


class Changes:
    """The newest `limit` changes of each sort, of events in any order; each event is to be given once."""

    def __init__(self, admin_groups: GroupPatterns, limit: int = LIMIT) -> None:
        self._admin_groups = admin_groups
        self._limit = limit
        self._found: dict[Section, list[Change]] = {section: [] for section in SECTIONS}
        self._writers: OrderedDict[str, tuple[Person, Person | None]] = OrderedDict()
        self.left_out: dict[Section, int] = dict.fromkeys(SECTIONS, 0)

    def add(self, event: AuditEvent) -> None:
        """Take an event."""
        if event.metadata.get("model") == USER_MODEL and event.request_id is not None and _has_actor(event):
            self._writers[event.request_id] = (actor_of(event), event.on_behalf_of)
            while len(self._writers) > _WRITERS:
                self._writers.popitem(last=False)
        section = section_of(event, self._admin_groups)
        if section is None:
            return
        kept = self._found[section]
        kept.append(_change(event, privilege_of(event, self._admin_groups)))
        if len(kept) > 2 * self._limit:
            self._trim(section)

    def found(self) -> Mapping[Section, tuple[Change, ...]]:
        """The changes of each sort, the newest first, several events of one request told once. Of passwords only
        those that were not set by their owner."""
        done: dict[Section, tuple[Change, ...]] = {}
        for section in SECTIONS:
            changes = [self._with_writer(change) for change in self._found[section]]
            changes = [change for change in _merged(changes) if change.by != "self"]
            done[section] = tuple(sorted(changes, key=_newest, reverse=True)[: self._limit])
            self.left_out[section] += max(len(changes) - self._limit, 0)
        return done

    def _with_writer(self, change: Change) -> Change:
        """Who set a password stands in another event of the request, which may have been stored later."""
        writer = self._writers.get(change.request_id) if change.request_id is not None else None
        if change.by != "unknown" or writer is None:
            return change
        actor, behalf = writer
        other = change.target is None or change.target.id is None or change.target.id != actor.id
        return replace(
            change,
            actor=actor,
            behalf=change.behalf or behalf,
            by="other" if other else "self",
            privilege="password_by_other" if other else None,
        )

    def _trim(self, section: Section) -> None:
        kept = sorted(_merged(self._found[section]), key=_newest, reverse=True)
        self.left_out[section] += max(len(kept) - self._limit, 0)
        self._found[section] = kept[: self._limit]


def section_of(event: AuditEvent, admin_groups: GroupPatterns) -> Section | None:
    """Where a change is told; None for what is no such change. Impersonations are told elsewhere."""
    kind = kind_of(event)
    if kind == PASSWORD_SET:
        return "passwords"
    if event.metadata.get("mfa") in ("enrolled", "removed"):
        return "mfa"
    if kind in _MODEL_CHANGES and _is_membership(event):
        return "memberships"
    return "privileged" if kind != STARTED and privilege_of(event, admin_groups) is not None else None


def _is_membership(event: AuditEvent) -> bool:
    model, changed = event.metadata.get("model"), event.metadata.get("changed")
    fields = set(changed) if isinstance(changed, list | tuple) else set()
    if model == USER_MODEL:
        return not fields.isdisjoint(_GROUP_FIELDS)
    if model != GROUP_MODEL:
        return False
    # Saved as a whole and without a licence, nothing tells whether members came or went.
    return not fields or "users" in fields or "membership" in event.metadata


def _change(event: AuditEvent, privilege: Privilege | None) -> Change:
    by: Literal["other", "self", "unknown"] | None = None
    if kind_of(event) == PASSWORD_SET:
        by = "other" if set_by_other(event) else "unknown" if not _has_actor(event) else "self"
    model = event.metadata.get("model")
    group_saved = model == GROUP_MODEL and kind_of(event) == "model_updated" and "membership" not in event.metadata
    return Change(
        place=place_of(event),
        source=event.source,
        external_id=event.external_id,
        action=event.action,
        actor=actor_of(event),
        behalf=event.on_behalf_of,
        target=event.target,
        address=event.actor_ip,
        tenant=event.tenant_slug,
        what=describe(event, place=False),
        privilege=privilege,
        request_id=event.request_id,
        told=not group_saved,
        by=by,
    )


def _has_actor(event: AuditEvent) -> bool:
    return not is_nobody(actor_of(event))


def _merged(changes: list[Change]) -> list[Change]:
    """One of those that a single request made of the same target: the one that tells the most."""
    best: dict[tuple[str, str | None, str | None, str], Change] = {}
    rest: list[Change] = []
    for change in changes:
        if change.request_id is None or change.target is None:
            rest.append(change)
            continue
        key = (change.request_id, change.target.type, change.target.id, change.source)
        other = best.get(key)
        if other is None or (change.told, change.place) > (other.told, other.place):
            best[key] = change
    return [*rest, *best.values()]


def _newest(change: Change) -> Place:
    return change.place

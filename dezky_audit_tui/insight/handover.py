"""What a shift leaves to the next: all insights over one stretch of time, from events in any order. Pure, bounded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dezky_audit_tui.insight.bursts import Burst, BurstBook
from dezky_audit_tui.insight.changes import Change, Changes, Section
from dezky_audit_tui.insight.first_seen import Novelty, may_be_new
from dezky_audit_tui.insight.kinds import LOGIN, LOGIN_FAILED, STARTED, PersonKey, actor_of, kind_of, person_key
from dezky_audit_tui.insight.session_fold import Session
from dezky_audit_tui.insight.sessions import SessionBook
from dezky_audit_tui.insight.silence import Silence
from dezky_audit_tui.model.event import AuditEvent, Row
from dezky_audit_tui.model.tenants import GroupPatterns
from dezky_audit_tui.store.store import ActionCount

MOST = 500
"""Entries of a list; what is left out is counted."""

_TENANTS = 2_000
_ORIGINS = 20_000


@dataclass(slots=True)
class TenantShare:
    """What happened to one tenant; `slug` None: events without one."""

    slug: str | None
    events: int = 0
    failures: int = 0
    logins: int = 0
    failed_logins: int = 0
    impersonations: int = 0
    changes: int = 0


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody came from where that person had not been seen before."""

    event: AuditEvent
    novelty: Novelty


@dataclass(frozen=True, slots=True)
class Handover:
    """A shift, from `since` to `until`, as the store knew it at `made_at`. Lists hold the newest first.

    `sessions`: those that were open in that time, the ones without an end first. `sessions_from`: how far back
    starts were looked for, None for all the way. `settled_to`: up to there all is read that is not in `unread`.
    `left_out`: how many entries a list does not hold, by the list's name.
    """

    since: datetime
    until: datetime
    made_at: datetime
    source: str
    store: str
    events: int
    failures: int
    tenants: Sequence[TenantShare]
    sessions: Sequence[Session]
    bursts: Sequence[Burst]
    changes: Mapping[Section, Sequence[Change]]
    arrivals: Sequence[Arrival]
    new_addresses: int
    unmapped: Sequence[ActionCount]
    unread: Sequence[Silence]
    unattended: Sequence[Silence]
    settled_to: datetime | None
    sessions_from: datetime | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def open_sessions(self) -> Sequence[Session]:
        """Those without an end."""
        return [session for session in self.sessions if session.is_open]

    @property
    def guessed(self) -> Sequence[Burst]:
        """Guessing that got in."""
        return [burst for burst in self.bursts if burst.succeeded]


class Shift:
    """Collects a shift. `before` takes events from before it that tell about things in it; `add` those of it, each
    once."""

    def __init__(self, since: datetime, until: datetime, admin_groups: GroupPatterns) -> None:
        self.since, self.until = since, until
        self.events = self.failures = 0
        self._shares: dict[str | None, TenantShare] = {}
        self._sessions, self._bursts = SessionBook(), BurstBook()
        self._changes = Changes(admin_groups)
        self._origins: OrderedDict[tuple[str, PersonKey, str], Row] = OrderedDict()
        self._left_out: dict[str, int] = {}

    def before(self, events: Iterable[AuditEvent]) -> None:
        """Events from before the shift."""
        for event in events:
            self._sessions.add(event)
            self._bursts.add(event)

    def add_all(self, rows: Iterable[Row]) -> None:
        """Events of the shift."""
        for row in rows:
            self.add(row)

    def add(self, row: Row) -> None:
        """An event of the shift."""
        event, kind = row.event, kind_of(row.event)
        failed = event.outcome in ("failure", "denied")
        self.events += 1
        self.failures += failed
        share = self._share(event.tenant_slug)
        share.events += 1
        share.failures += failed
        share.logins += kind == LOGIN
        share.failed_logins += kind == LOGIN_FAILED
        share.impersonations += kind == STARTED
        share.changes += kind.startswith("model_") or kind in ("password_set", "user_write")
        self._sessions.add(event)
        self._bursts.add(event)
        self._changes.add(event)
        self._note_origin(row)

    def origins(self) -> list[Row]:
        """The first event of each actor from each address, to ask whether that is new; the newest first."""
        return sorted(self._origins.values(), key=lambda row: row.position, reverse=True)

    def handover(
        self,
        *,
        made_at: datetime,
        source: str,
        store: str,
        arrivals: Sequence[Arrival],
        unmapped: Sequence[ActionCount],
        unread: Sequence[Silence],
        unattended: Sequence[Silence],
        settled_to: datetime | None,
        sessions_from: datetime | None,
    ) -> Handover:
        """What has been collected, with what only the store can tell."""
        sessions = [each for each in self._sessions.sessions() if each.is_open or _gone(each) >= self.since]
        bursts = [each for each in self._bursts.bursts() if _end(each) >= self.since]
        wide = [arrival for arrival in arrivals if arrival.novelty.new_network or arrival.novelty.new_country]
        changes = self._changes.found()
        left_out: dict[str, int] = {**self._left_out}
        left_out.update({name: count for name, count in self._changes.left_out.items() if count})
        for name, found in (
            ("impersonations", [each for each in sessions if not each.is_open]),
            ("guessing", bursts),
            ("newForActor", wide),
            ("gaps", unattended),
            ("unmapped", unmapped),
        ):
            if len(found) > MOST:
                left_out[name] = left_out.get(name, 0) + len(found) - MOST
        opened = [each for each in sessions if each.is_open]
        bursts = sorted(sorted(bursts, key=lambda each: not each.succeeded)[:MOST], key=_burst_order)
        return Handover(
            since=self.since,
            until=self.until,
            made_at=made_at,
            source=source,
            store=store,
            events=self.events,
            failures=self.failures,
            tenants=sorted(
                self._shares.values(), key=lambda share: (share.slug is None, -share.events, share.slug or "")
            ),
            sessions=[*opened, *[each for each in sessions if not each.is_open][:MOST]],
            bursts=bursts,
            changes=changes,
            arrivals=wide[:MOST],
            new_addresses=len(arrivals) - len(wide),
            unmapped=unmapped[:MOST],
            unread=unread,
            unattended=unattended[:MOST],
            settled_to=settled_to,
            sessions_from=sessions_from,
            left_out=left_out,
        )

    def _share(self, slug: str | None) -> TenantShare:
        share = self._shares.get(slug)
        if share is None:
            if len(self._shares) >= _TENANTS:
                self._left_out["tenants"] = self._left_out.get("tenants", 0) + 1
                return TenantShare(slug)
            share = self._shares[slug] = TenantShare(slug)
        return share

    def _note_origin(self, row: Row) -> None:
        event, who = row.event, person_key(actor_of(row.event))
        if not may_be_new(event) or who is None or event.actor_ip is None:
            return
        key = (event.source, who, event.actor_ip)
        held = self._origins.get(key)
        if held is not None:
            if row.position < held.position:
                self._origins[key] = row
        elif len(self._origins) < _ORIGINS:
            self._origins[key] = row
        else:
            self._left_out["newForActor"] = self._left_out.get("newForActor", 0) + 1


def _gone(session: Session) -> datetime:
    """The last that is known of one that has ended: a new start ends it without being a part of it."""
    return max(session.last_at, session.ended_at or session.last_at)


def _end(burst: Burst) -> datetime:
    return max(burst.last_at, *(success.at for success in burst.successes)) if burst.successes else burst.last_at


def _burst_order(burst: Burst) -> tuple[bool, float]:
    return not burst.succeeded, -burst.first_at.timestamp()

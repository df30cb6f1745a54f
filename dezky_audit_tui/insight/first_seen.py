"""Whether an address, its network or its country is new for the one who comes from it, by our own store.

Asked of the store, page by page and bounded: the rows of the actor before the event, newest first, until all three
have been met; then, where they were not, two look-ups of the actor at that address and in that network, which have
no bound in time. Failed logins do not count: whoever guesses would make the own address known.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network

from dezky_audit_tui.insight.kinds import actor_of, is_nobody
from dezky_audit_tui.model.event import AuditEvent, Position, Row
from dezky_audit_tui.model.query import Condition, Match, Network, Pattern, Query, Term
from dezky_audit_tui.model.query_match import address_of
from dezky_audit_tui.store.store import Store

PAGES = (32, 96, 384)
"""Rows of the actor that are looked at, in pages: most addresses are met in the first."""

REMEMBERED = 4_096
"""Answers that are kept, by event."""

_V4_PREFIX, _V6_PREFIX = 24, 48


@dataclass(frozen=True, slots=True)
class Sighting:
    """When and whence an actor was seen."""

    at: datetime
    address: str | None
    country: str | None


@dataclass(frozen=True, slots=True)
class Novelty:
    """What is new of an event's origin for its actor. What is unknown of the event itself is never new.

    `last`: the actor's event before that has an address, None where there is none. `address_seen_at`: when the actor
    was at that address before. A country is new among the `looked_at` events before (`whole`: there are no others).
    """

    new_address: bool = False
    new_network: bool = False
    new_country: bool = False
    network: str | None = None
    country: str | None = None
    last: Sighting | None = None
    address_seen_at: datetime | None = None
    looked_at: int = 0
    whole: bool = True

    @property
    def first(self) -> bool:
        """Whether it is not known whence the actor came before: then nothing can be called new."""
        return self.last is None

    @property
    def anything(self) -> bool:
        """Whether there is something to mark."""
        return self.new_address or self.new_network or self.new_country

    @property
    def widest(self) -> str | None:
        """The widest of what is new: `country`, `network` or `address`."""
        for name, new in (
            ("country", self.new_country),
            ("network", self.new_network),
            ("address", self.new_address),
        ):
            if new:
                return name
        return None


def network_of(address: str | None) -> IPv4Network | IPv6Network | None:
    """The /24 of an IPv4 address, the /48 of an IPv6 one."""
    parsed = address_of(address)
    if parsed is None:
        return None
    prefix = _V4_PREFIX if isinstance(parsed, IPv4Address) else _V6_PREFIX
    return ip_network((parsed, prefix), strict=False)


def country_of(event: AuditEvent) -> str | None:
    """The country of the address, where the source told it."""
    geo = event.metadata.get("geo")
    country = geo.get("country") if isinstance(geo, dict) else None
    return country if isinstance(country, str) and country else None


def may_be_new(event: AuditEvent) -> bool:
    """Whether it makes sense to ask: somebody named came in from an address."""
    return event.outcome not in ("failure", "denied") and event.actor_ip is not None and not is_nobody(actor_of(event))


def novelty_among(event: AuditEvent, earlier: Sequence[AuditEvent], *, whole: bool) -> Novelty:
    """What is new of `event`, by the `earlier` events of its actor, newest first, none of them a failure.

    `whole`: the actor has no others. The plain rule; `FirstSeen` asks the store for what it needs.
    """
    network, country, address = network_of(event.actor_ip), country_of(event), address_of(event.actor_ip)
    placed = [other for other in earlier if address_of(other.actor_ip) is not None]
    seen_at = next((other.at for other in placed if address_of(other.actor_ip) == address), None)
    last = placed[0] if placed else None
    return Novelty(
        new_address=last is not None and address is not None and seen_at is None,
        new_network=last is not None and network is not None and all(_network(other) != network for other in placed),
        new_country=country is not None and _is_new_country(country, placed),
        network=str(network) if network is not None else None,
        country=country,
        last=Sighting(last.at, last.actor_ip, country_of(last)) if last is not None else None,
        address_seen_at=seen_at if address is not None else None,
        looked_at=len(earlier),
        whole=whole,
    )


class FirstSeen:
    """Answers from a store; the latest are remembered, since what lies before an event hardly ever changes."""

    def __init__(self, store: Store, remembered: int = REMEMBERED) -> None:
        self._store = store
        self._remembered = remembered
        self._answers: OrderedDict[Position, Novelty] = OrderedDict()

    def known(self, row: Row) -> Novelty | None:
        """The answer, if it is at hand."""
        return self._answers.get(row.position)

    async def novelty(self, row: Row) -> Novelty | None:
        """What is new of a row's origin; None where nothing can be said. May raise a StoreError."""
        if not may_be_new(row.event):
            return None
        answer = self._answers.get(row.position)
        if answer is None:
            answer = await self._ask(row)
            self._answers[row.position] = answer
            while len(self._answers) > self._remembered:
                self._answers.popitem(last=False)
        else:
            self._answers.move_to_end(row.position)
        return answer

    async def _ask(self, row: Row) -> Novelty:
        event, than = row.event, row.position
        earlier: list[AuditEvent] = []
        whole = False
        query = _query(event)
        for limit in PAGES:
            page = await self._store.older(query, than, limit)
            earlier += [each.event for each in page]
            if len(page) < limit:
                whole = True
                break
            than = page[-1].position
            found = novelty_among(event, earlier, whole=False)
            if not found.anything:
                return found
        found = novelty_among(event, earlier, whole=whole)
        if whole or not found.anything:
            return found
        return await self._beyond(event, than, found)

    async def _beyond(self, event: AuditEvent, than: Position, found: Novelty) -> Novelty:
        """The same, with what an index finds below the rows that were looked at."""
        network, address = network_of(event.actor_ip), address_of(event.actor_ip)
        if found.new_network and network is not None:
            found = replace(found, new_network=not await self._store.older(_query(event, Network((network,))), than, 1))
        if found.new_address and not found.new_network and address is not None:
            there = await self._store.older(_query(event, Network((ip_network(address),))), than, 1)
            if there:
                found = replace(found, new_address=False, address_seen_at=there[0].event.at)
        return found


def _query(event: AuditEvent, *more: Condition) -> Query:
    """Rows of the same actor, by mail address where there is one, that are no failures."""
    text = event.actor_email or event.actor_name or ""
    source = Match("source", (Pattern(event.source),))
    failed = Match("outcome", (Pattern("failure"), Pattern("denied")))
    who = Match("actor", (Pattern(text),))
    return Query((Term(who, False, ""), *(Term(each, False, "") for each in (source, *more)), Term(failed, True, "")))


def _network(event: AuditEvent) -> IPv4Network | IPv6Network | None:
    return network_of(event.actor_ip)


def _is_new_country(country: str, earlier: Sequence[AuditEvent]) -> bool:
    """Where the country of nothing earlier is known, none is new."""
    countries = [known for other in earlier if (known := country_of(other)) is not None]
    return bool(countries) and country not in countries

"""Whether an address, its network or its country is new for the one who comes from it, by our own store.

Asked of the store, in look-ups that are each a few rows: first the latest rows of the address, where the actor is
met as a rule; else the actor at that address, however long ago; and where there never was one, the latest rows of the
actor, and the actor in that network. Failed logins do not count: whoever guesses would make the own address known.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network
from typing import Final, NamedTuple, TypeVar

from dezky_audit_tui.insight.kinds import actor_of, is_nobody
from dezky_audit_tui.model.event import AuditEvent, Position, Row
from dezky_audit_tui.model.query import Condition, Match, Network, Pattern, Query, Term
from dezky_audit_tui.model.query_match import actor_texts, address_of, fold
from dezky_audit_tui.store.store import Store

AT_ADDRESS = 32
"""Rows of the address that are looked at first."""

PAGES = (32, 96, 384)
"""Rows of the actor that are looked at, in pages, for network and country."""

REMEMBERED = 20_000
"""Answers that are kept, and pairs of actor and address that are known."""

_V4_PREFIX, _V6_PREFIX = 24, 48


Address = IPv4Network | IPv6Network
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Sighting(NamedTuple):
    """When and whence an actor was seen."""

    at: datetime
    address: str | None
    country: str | None


@dataclass(frozen=True, slots=True)
class Novelty:
    """What is new of an event's origin for its actor: nothing, where the actor was at that address before. What is
    unknown of the event itself is never new.

    `last`: the actor's event before that has an address, None where there is none (or nothing is new). A country is
    new among the `looked_at` events before (`whole`: there are no others).
    """

    new_address: bool = False
    new_network: bool = False
    new_country: bool = False
    network: str | None = None
    country: str | None = None
    last: Sighting | None = None
    looked_at: int = 0
    whole: bool = True

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


def network_of(address: str | None) -> Address | None:
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
    """Whether it makes sense to ask: somebody with a name came in from an address."""
    named = bool(event.actor_email or event.actor_name) and not is_nobody(actor_of(event))
    return named and event.outcome not in ("failure", "denied") and event.actor_ip is not None


def novelty_among(event: AuditEvent, earlier: Sequence[AuditEvent], *, whole: bool) -> Novelty:
    """What is new of `event`, by the `earlier` events of its actor, newest first, none of them a failure.

    `whole`: the actor has no others. The plain rule; `FirstSeen` asks the store for what it needs.
    """
    address, network, country = address_of(event.actor_ip), network_of(event.actor_ip), country_of(event)
    placed = [other for other in earlier if address_of(other.actor_ip) is not None]
    if address is None or not placed or any(address_of(other.actor_ip) == address for other in placed):
        return KNOWN
    last = placed[0]
    countries = [known for other in placed if (known := country_of(other)) is not None]
    return Novelty(
        new_address=True,
        new_network=all(network_of(other.actor_ip) != network for other in placed),
        # Where the country of nothing earlier is known, none is new.
        new_country=country is not None and bool(countries) and country not in countries,
        network=str(network),
        country=country,
        last=Sighting(last.at, last.actor_ip, country_of(last)),
        looked_at=len(earlier),
        whole=whole,
    )


KNOWN: Final = Novelty()
"""Nothing is new."""

_Who = tuple[str, str]
_Pair = tuple[str, str, str]


class FirstSeen:
    """Answers from a store; the latest are remembered. Where rows are stored meanwhile, `forget` has to be told."""

    def __init__(self, store: Store, remembered: int = REMEMBERED) -> None:
        self._store = store
        self._remembered = remembered
        self._answers: OrderedDict[Position, tuple[_Who, Novelty]] = OrderedDict()
        self._been_there: OrderedDict[_Pair, Position] = OrderedDict()
        self._doubtful: dict[_Who, set[Position]] = {}

    def known(self, row: Row) -> Novelty | None:
        """The answer, if it is at hand."""
        answer = self._answers.get(row.position)
        return answer[1] if answer is not None else None

    def forget(self, rows: Iterable[Row]) -> None:
        """Rows were stored just now: what an older one may change is asked again. Whoever was at an address before
        was there, whatever comes; whoever was not may have been, by a row that comes late."""
        oldest: dict[_Who, Position] = {}
        for row in rows:
            if may_be_new(row.event) and (who := _who(row.event)) in self._doubtful:
                oldest[who] = min(oldest.get(who, row.position), row.position)
        for who, since in oldest.items():
            for position in [position for position in self._doubtful[who] if position > since]:
                self._trust(who, position)
                self._answers.pop(position, None)

    async def novelty(self, row: Row) -> Novelty | None:
        """What is new of a row's origin; None where nothing can be said. May raise a StoreError."""
        if not may_be_new(row.event):
            return None
        answer = self.known(row)
        return answer if answer is not None else await self._ask(row)

    async def _ask(self, row: Row) -> Novelty:
        address = address_of(row.event.actor_ip)
        if address is None:
            return KNOWN
        who = _who(row.event)
        pair = (*who, str(address))
        while True:
            self._doubtful.setdefault(who, set()).add(row.position)
            before = self._been_there.get(pair)
            if before is None or before >= row.position:
                before = await self._at_address(row, ip_network(address))
            if before is not None:
                self._been_there[pair] = before
                _bound(self._been_there, self._remembered)
                self._trust(who, row.position)
                return self._remember(row, KNOWN)
            found = await self._elsewhere(row)
            if row.position in self._doubtful.get(who, ()):
                return self._remember(row, found)

    def _remember(self, row: Row, answer: Novelty) -> Novelty:
        self._answers[row.position] = (_who(row.event), answer)
        while len(self._answers) > self._remembered:
            position, (who, _) = self._answers.popitem(last=False)
            self._trust(who, position)
        return answer

    def _trust(self, who: _Who, position: Position) -> None:
        positions = self._doubtful.get(who, set())
        positions.discard(position)
        if not positions:
            self._doubtful.pop(who, None)

    async def _at_address(self, row: Row, address: Address) -> Position | None:
        """A place where the actor was at that address before, if there is one."""
        at_address = Query((Term(Network((address,)), False, ""),))
        latest = await self._store.older(at_address, row.position, AT_ADDRESS)
        for other in latest:
            if may_be_new(other.event) and _is_same(row.event, other.event):
                return other.position
        if len(latest) < AT_ADDRESS:
            return None
        there = await self._store.older(_query(row.event, Network((address,))), latest[-1].position, 1)
        return there[0].position if there else None

    async def _elsewhere(self, row: Row) -> Novelty:
        """The actor was never there: from where else, and was that near?"""
        event, than = row.event, row.position
        earlier: list[AuditEvent] = []
        found = KNOWN
        for limit in PAGES:
            page = await self._store.older(_query(event), than, limit)
            earlier += [each.event for each in page]
            whole = len(page) < limit
            found = novelty_among(event, earlier, whole=whole)
            if whole or (earlier and not found.new_network and not found.new_country):
                return found
            than = page[-1].position
        network = network_of(event.actor_ip)
        if found.new_network and network is not None:
            near = await self._store.older(_query(event, Network((network,))), than, 1)
            found = replace(found, new_network=not near)
        return found


def _query(event: AuditEvent, *more: Condition) -> Query:
    """Rows of the same actor that are no failures: by mail address, else by name in the same source."""
    text, source = _who(event)
    conditions: list[Condition] = [Match("actor", (Pattern(text),)), *more]
    if source:
        conditions.append(Match("source", (Pattern(source),)))
    failed = Match("outcome", (Pattern("failure"), Pattern("denied")))
    return Query((*(Term(condition, False, "") for condition in conditions), Term(failed, True, "")))


def _who(event: AuditEvent) -> _Who:
    """By what an actor is found again, and in which source: in any, where it is a mail address."""
    if event.actor_email:
        return event.actor_email, ""
    return event.actor_name or "", event.source


def _is_same(event: AuditEvent, other: AuditEvent) -> bool:
    text, source = _who(event)
    return fold(text) in actor_texts(other) and source in ("", other.source)


def _bound(table: OrderedDict[_Key, _Value], most: int) -> None:
    while len(table) > most:
        table.popitem(last=False)

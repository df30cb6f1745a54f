"""What the values of each field mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import cast, get_args

from dezky_audit_tui.errors import QueryError
from dezky_audit_tui.model.event import OUTCOMES
from dezky_audit_tui.model.query import Condition, Field, Flag, Is, Match, Network, Pattern, Since, Until, Words
from dezky_audit_tui.model.query_lex import Value
from dezky_audit_tui.model.query_match import fits
from dezky_audit_tui.model.query_words import shown, suggestion

FLAGS: tuple[Flag, ...] = get_args(Flag)

NONE = "none"
"""The value for what is not there; quoted, it is the text."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(r"(?:\d{1,9}[smhdw])+", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MAPPED = ip_network("::ffff:0:0/96")


def text_condition(field: Field, values: Sequence[Value]) -> Condition:
    """Fields that are plain text."""
    return Match(field, tuple(_pattern(value) for value in values))


def text_or_none_condition(field: Field, values: Sequence[Value]) -> Condition:
    """Fields that may be absent: `none` is that."""
    return Match(field, tuple(None if _is_none(value) else _pattern(value) for value in values))


def outcome_condition(values: Sequence[Value]) -> Condition:
    """One of the outcomes, or an open value that fits one."""
    return Match("outcome", tuple(_outcome(value) for value in values))


def flag_condition(values: Sequence[Value]) -> Condition:
    """`is:` and its flags."""
    flags: list[Flag] = []
    for value in values:
        word = value.text.lower()
        if value.is_open or word not in FLAGS:
            hint, best = suggestion(value.text, FLAGS)
            raise QueryError(f"is: knows no {shown(value.text)} (column {value.place + 1}); {hint}", value.place, best)
        flags.append(word)
    return Is(tuple(flags))


def address_condition(values: Sequence[Value]) -> Condition:
    """Addresses and networks; or texts, where a value is open or quoted (an address that is none)."""
    networks: list[IPv4Network | IPv6Network] = []
    patterns: list[Pattern | None] = []
    for value in values:
        network = None if value.is_open else _network(value.text)
        if network is not None:
            networks.append(network)
        elif value.is_open or value.quoted:
            patterns.append(_pattern(value))
        elif _is_none(value):
            patterns.append(None)
        else:
            raise QueryError(
                f"{shown(value.text)} is no address (column {value.place + 1}); "
                "write 198.51.100.4, 10.0.0.0/8, 2001:db8::/32 or 198.51.100.*",
                value.place,
            )
    if networks and patterns:
        raise QueryError(
            f"ip: takes either networks or texts (column {values[0].place + 1}); "
            "write a network such as 198.51.100.0/24 instead of *",
            values[0].place,
        )
    return Network(tuple(networks)) if networks else Match("ip", tuple(patterns))


def since_condition(values: Sequence[Value], now: datetime) -> Condition:
    """At or after a moment."""
    return Since(_moment("since", values, now))


def until_condition(values: Sequence[Value], now: datetime) -> Condition:
    """Before a moment."""
    return Until(_moment("until", values, now))


def words_condition(value: Value) -> Condition:
    """A bare word or a quoted text. It is found within words anyway, so a `*` around it says nothing."""
    if not value.text:
        raise QueryError(f"there is nothing to search for (column {value.place + 1}); write a word", value.place)
    return Words(value.text)


def _pattern(value: Value) -> Pattern:
    return Pattern(value.text, value.open_start, value.open_end)


def _is_none(value: Value) -> bool:
    return value.text == NONE and not value.quoted and not value.is_open


def _outcome(value: Value) -> Pattern:
    pattern = Pattern(value.text.lower(), value.open_start, value.open_end)
    if not any(fits(pattern, outcome) for outcome in OUTCOMES):
        hint, best = suggestion(value.text, OUTCOMES)
        raise QueryError(
            f"there is no outcome {shown(value.text)} (column {value.place + 1}); {hint}", value.place, best
        )
    return pattern


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    if isinstance(network, IPv6Network) and network.subnet_of(cast(IPv6Network, _MAPPED)):
        packed = network.network_address.packed[12:]
        return IPv4Network((packed, network.prefixlen - _MAPPED.prefixlen))
    return network


def _moment(name: str, values: Sequence[Value], now: datetime) -> datetime:
    value = values[0]
    if len(values) > 1:
        raise QueryError(f"{name}: takes one time (column {values[1].place + 1})", values[1].place)
    try:
        if value.is_open:
            raise ValueError
        return _ago(value.text, now) if _AGO.fullmatch(value.text) else _written(value.text)
    except (ValueError, OverflowError):
        raise QueryError(
            f"{shown(value.text)} is no time (column {value.place + 1}); "
            "write 2h (s, m, h, d or w ago), 2026-11-24, or 2026-11-24T08:00",
            value.place,
        ) from None


def _ago(text: str, now: datetime) -> datetime:
    parts = re.findall(r"(\d+)([smhdw])", text)
    return now - sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())


def _written(text: str) -> datetime:
    if not _DATE.match(text):
        raise ValueError(text)
    moment = datetime.fromisoformat(text.upper())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

"""Terms of a filter as SQL conditions. Every value is a bound parameter; none becomes a part of the statement."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import NamedTuple

from dezky_audit_tui.model.query import Flag, Is, Match, Network, Pattern, Term, Words
from dezky_audit_tui.model.query_match import SEPARATOR, fold, folded
from dezky_audit_tui.store.sqlite.codec import in_list
from dezky_audit_tui.text import clean

Value = str | int | bytes


class Sql(NamedTuple):
    """A condition and the values of its parameters."""

    text: str
    values: tuple[Value, ...] = ()


ALWAYS = Sql("1")

FLAGS: dict[Flag, str] = {
    "unmapped": "unmapped = 1",
    "impersonated": "on_behalf_of IS NOT NULL",
    "unresolved": "tenant_slug IS NULL AND reason IS NOT NULL",
}
"""Word for word the conditions of the partial indexes that serve them."""


def every(parts: list[Sql]) -> Sql:
    """All of them."""
    return _join(parts, " AND ") if parts else ALWAYS


def some(parts: list[Sql]) -> Sql:
    """Any of them."""
    return _join(parts, " OR ") if parts else Sql("0")


def negation(part: Sql) -> Sql:
    """Where `part` does not hold, an unknown value (NULL) included."""
    return Sql(f"({part.text}) IS NOT TRUE", part.values)


def among(column: str, values: list[str]) -> Sql:
    """The column is one of `values`."""
    if len(values) == 1:
        return Sql(f"{column} = ?", (values[0],))
    return Sql(f"{column} IN (SELECT value FROM json_each(?))", (in_list(values),))  # noqa: S608 - a column's name


def term_sql(term: Term) -> Sql:
    """A term that is looked at row by row (see `plan` for those that are not)."""
    condition = condition_sql(term)
    return negation(condition) if term.negated else condition


def condition_sql(term: Term) -> Sql:
    """The term's condition, as if it were not negated. Raises TypeError for a time: `plan` makes a range of those."""
    match term.condition:
        case Is(flags):
            return some([Sql(FLAGS[flag]) for flag in flags])
        case Words(text):
            return Sql("instr(words, ?) > 0", (clean(fold(text)),))
        case Network(networks):
            return some([Sql("actor_ip_key BETWEEN ? AND ?", network_range(network)) for network in networks])
        case Match("actor", patterns):
            return some([_actor(pattern) for pattern in patterns])
        case Match("target", patterns):
            return some([_target(pattern) for pattern in patterns])
        case Match("ip", patterns):
            return some([_null("actor_ip") if each is None else _fits("actor_ip", each) for each in patterns])
        case other:
            raise TypeError(f"no condition for {other!r}")


def network_range(network: IPv4Network | IPv6Network) -> tuple[bytes, bytes]:
    """The first and the last key (see `codec.ip_key`) of a network."""
    version = bytes([network.version])
    return version + network.network_address.packed, version + network.broadcast_address.packed


def _actor(pattern: Pattern | None) -> Sql:
    if pattern is None:
        return Sql("actor_name_key IS NULL AND actor_email_key IS NULL")
    return some([_fits(column, folded(pattern)) for column in ("actor_name_key", "actor_email_key")])


def _target(pattern: Pattern | None) -> Sql:
    """The column holds type, name and id, each between two separators."""
    if pattern is None:
        return _null("target_key")
    start = "" if pattern.open_start else SEPARATOR
    end = "" if pattern.open_end else SEPARATOR
    sought = clean(start + fold(pattern.text) + end)
    return Sql("instr(target_key, ?) > 0", (sought,)) if sought else Sql("target_key IS NOT NULL")


def _fits(column: str, pattern: Pattern) -> Sql:
    text = clean(pattern.text)
    if not (pattern.open_start or pattern.open_end):
        return Sql(f"{column} = ?", (text,))
    if not text:
        return Sql(f"{column} IS NOT NULL")
    if pattern.open_start and pattern.open_end:
        return Sql(f"instr({column}, ?) > 0", (text,))
    if pattern.open_end:
        return Sql(f"substr({column}, 1, ?) = ?", (len(text), text))
    return Sql(f"substr({column}, ?) = ?", (-len(text), text))


def _null(column: str) -> Sql:
    return Sql(f"{column} IS NULL")


def _join(parts: list[Sql], word: str) -> Sql:
    if len(parts) == 1:
        return parts[0]
    return Sql(word.join(f"({part.text})" for part in parts), tuple(v for part in parts for v in part.values))

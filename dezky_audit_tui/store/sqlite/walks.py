"""Walks along an index: how rows of an actor, of addresses or of a flag are found in the timeline's order."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses
from itertools import islice, takewhile
from typing import TypeVar

from dezky_audit_tui.model.query import Is, Match, Network, Term
from dezky_audit_tui.model.query_match import folded
from dezky_audit_tui.store.sqlite.conditions import ALWAYS, FLAGS, Sql, among, every, negation, network_range
from dezky_audit_tui.text import clean

MOST_BRANCHES = 40
"""More values than that are looked at row by row instead."""
_MOST_ADDRESSES = 256
"""Of networks: those of a /24. SQLite merges so many walks in half a millisecond, and takes 500 at most."""
COUNTED_UP_TO = 50_000
"""Rows of an actor, an address or a flag are counted up to this to compare walks."""
_SORTED_UP_TO = 100_000
"""Rows of wide networks that are sorted for a page, from their index alone (65 ns each); where there are more, the
timeline soon comes by some."""

V = TypeVar("V", str, bytes)


@dataclass(frozen=True, slots=True)
class Branch:
    """A walk along `index`: `condition` fixes its leading column (or is that of a partial index)."""

    index: str
    condition: Sql


def term_branches(connection: sqlite3.Connection, term: Term, *, ordered: bool) -> list[Branch] | None:
    """Branches that hold the rows of a term, each row in one of them; None where no index serves the term.

    `ordered`: whether they are read for a page, in the timeline's order, or all of them to be counted.
    """
    if term.negated:
        return None
    match term.condition:
        case Match("actor"):
            return _actor_branches(connection, term.condition)
        case Network():
            return _network_branches(connection, term.condition) if ordered else _whole_networks(term.condition)
        case Is(flags):
            return _disjoint([Branch(f"events_{flag}", Sql(FLAGS[flag])) for flag in dict.fromkeys(flags)])
    return None


def counted_rows(connection: sqlite3.Connection, term: Term, branches: list[Branch], most: int) -> int:
    """Rows of a term that `branches` serve, counted up to `most`."""
    whole = _whole_networks(term.condition) if isinstance(term.condition, Network) else None
    return _counted(connection, whole or branches, most)


def _counted(connection: sqlite3.Connection, branches: list[Branch], most: int) -> int:
    rows = 0
    for branch in branches:
        rows += connection.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM events INDEXED BY {branch.index} "  # noqa: S608 - conditions are bound
            f"WHERE {branch.condition.text} LIMIT ?)",
            (*branch.condition.values, most - rows),
        ).fetchone()[0]
        if rows >= most:
            break
    return rows


def _actor_branches(connection: sqlite3.Connection, match: Match) -> list[Branch] | None:
    names: set[str] = set()
    emails: set[str] = set()
    for pattern in match.patterns:
        if pattern is None or pattern.open_start:
            return None
        text = clean(folded(pattern).text)
        if not pattern.open_end:
            names.add(text)
            emails.add(text)
            continue
        for found, index in ((names, "name"), (emails, "email")):
            key = f"actor_{index}_key"
            found.update(_some(_distinct(connection, key, f"events_{index}", text, _starts_with(text)), MOST_BRANCHES))
    if len(names) + len(emails) > MOST_BRANCHES:
        return None
    by_name = [Branch("events_name", Sql("actor_name_key = ?", (name,))) for name in sorted(names)]
    not_by_name = negation(among("actor_name_key", sorted(names))) if names else ALWAYS
    by_email = [
        Branch("events_email", every([Sql("actor_email_key = ?", (email,)), not_by_name])) for email in sorted(emails)
    ]
    return by_name + by_email


def _network_branches(connection: sqlite3.Connection, network: Network) -> list[Branch] | None:
    """One for each address that is there; a network of many addresses but few rows is read as a whole and sorted."""
    keys: list[bytes] = []
    wide: list[Branch] = []
    for low, high in _ranges(network):
        there = _distinct(connection, "actor_ip_key", "events_ip", low, _up_to(high))
        found = [low] if low == high else _some(there, _MOST_ADDRESSES)
        if len(keys) + len(found) <= _MOST_ADDRESSES:
            keys += found
        else:
            wide.append(_whole(low, high))
    if len(wide) > MOST_BRANCHES or (wide and _counted(connection, wide, _SORTED_UP_TO) >= _SORTED_UP_TO):
        return None
    return [Branch("events_ip", Sql("actor_ip_key = ?", (key,))) for key in keys] + wide


def _whole_networks(network: Network) -> list[Branch] | None:
    ranges = _ranges(network)
    return [_whole(*each) for each in ranges] if len(ranges) <= MOST_BRANCHES else None


def _whole(low: bytes, high: bytes) -> Branch:
    return Branch("events_ip", Sql("actor_ip_key BETWEEN ? AND ?", (low, high)))


def _ranges(network: Network) -> list[tuple[bytes, bytes]]:
    """First and last key of each network, none within another."""
    four = collapse_addresses([each for each in network.networks if isinstance(each, IPv4Network)])
    six = collapse_addresses([each for each in network.networks if isinstance(each, IPv6Network)])
    return [*map(network_range, four), *map(network_range, six)]


def _some(values: Iterator[V], most: int) -> list[V]:
    """The first of them: one more than are walked one by one."""
    return list(islice(values, most + 1))


def _distinct(
    connection: sqlite3.Connection, column: str, index: str, start: V, wanted: Callable[[V], bool]
) -> Iterator[V]:
    """The different values of a column from `start` on, as long as they are wanted: one step of the index each."""
    values = connection.execute(
        "WITH RECURSIVE found (value) AS ("  # noqa: S608 - names from this file
        f"SELECT min({column}) FROM events INDEXED BY {index} WHERE {column} >= ? "
        f"UNION ALL SELECT (SELECT min({column}) FROM events INDEXED BY {index} WHERE {column} > value) "
        "FROM found WHERE value IS NOT NULL) SELECT value FROM found WHERE value IS NOT NULL",
        (start,),
    )
    return takewhile(wanted, (value for (value,) in values))


def _starts_with(text: str) -> Callable[[str], bool]:
    return lambda value: value.startswith(text)


def _up_to(high: bytes) -> Callable[[bytes], bool]:
    return lambda value: value <= high


def _disjoint(branches: list[Branch]) -> list[Branch]:
    """The same rows, each in its first branch alone."""
    return [
        Branch(branch.index, every([branch.condition, *(negation(before.condition) for before in branches[:place])]))
        for place, branch in enumerate(branches)
    ]

"""Walks along an index: how rows of an actor, of addresses or of a flag are found in the timeline's order."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses
from itertools import islice
from typing import TypeVar

from dezky_audit_tui.model.query import Is, Match, Network, Term
from dezky_audit_tui.model.query_match import folded
from dezky_audit_tui.store.sqlite.conditions import ALWAYS, FLAGS, Sql, among, every, negation, network_range
from dezky_audit_tui.text import clean

MOST_BRANCHES = 40
"""More values than that are looked at row by row instead."""
COUNTED_UP_TO = 50_000
"""Rows of an actor, an address or a flag are counted up to this to compare walks."""
_SORTED_UP_TO = 20_000
"""Rows of wide networks that are sorted for a page; where there are more, the timeline soon comes by some."""

V = TypeVar("V", str, bytes)


@dataclass(frozen=True, slots=True)
class Branch:
    """A walk along `index`: `condition` fixes its leading column (or is that of a partial index)."""

    index: str
    condition: Sql


def term_branches(connection: sqlite3.Connection, term: Term) -> list[Branch] | None:
    """Branches that hold the rows of a term, each row in one of them; None where no index serves the term."""
    if term.negated:
        return None
    match term.condition:
        case Match("actor"):
            return _actor_branches(connection, term.condition)
        case Network():
            return _network_branches(connection, term.condition)
        case Is(flags):
            return _disjoint([Branch(f"events_{flag}", Sql(FLAGS[flag])) for flag in dict.fromkeys(flags)])
    return None


def counted(connection: sqlite3.Connection, branches: list[Branch], most: int) -> int:
    """Rows of all branches, counted up to `most`."""
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
            found.update(_some(_distinct(connection, key, f"events_{index}", text, _starts_with(text))))
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
        found = [low] if low == high else _some(_distinct(connection, "actor_ip_key", "events_ip", low, _up_to(high)))
        if len(keys) + len(found) <= MOST_BRANCHES:
            keys += found
        else:
            wide.append(Branch("events_ip", Sql("actor_ip_key BETWEEN ? AND ?", (low, high))))
    if len(wide) > MOST_BRANCHES or (wide and counted(connection, wide, _SORTED_UP_TO) >= _SORTED_UP_TO):
        return None
    return [Branch("events_ip", Sql("actor_ip_key = ?", (key,))) for key in keys] + wide


def _ranges(network: Network) -> list[tuple[bytes, bytes]]:
    """First and last key of each network, none within another."""
    four = collapse_addresses([each for each in network.networks if isinstance(each, IPv4Network)])
    six = collapse_addresses([each for each in network.networks if isinstance(each, IPv6Network)])
    return [*map(network_range, four), *map(network_range, six)]


def _some(values: Iterator[V]) -> list[V]:
    """The first of them: one more than are walked one by one."""
    return list(islice(values, MOST_BRANCHES + 1))


def _distinct(
    connection: sqlite3.Connection, column: str, index: str, start: V, wanted: Callable[[V], bool]
) -> Iterator[V]:
    """The different values of a column from `start` on, as long as they are wanted: one step of the index each."""
    comparison, value = ">=", start
    while True:
        found = connection.execute(
            f"SELECT {column} FROM events INDEXED BY {index} "  # noqa: S608 - names from this file
            f"WHERE {column} {comparison} ? ORDER BY {column} LIMIT 1",
            (value,),
        ).fetchone()
        if found is None or not wanted(found[0]):
            return
        comparison, value = ">", found[0]
        yield value


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

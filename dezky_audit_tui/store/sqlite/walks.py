"""Walks along an index: how rows of an actor, of addresses or of a flag are found in the timeline's order."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses
from itertools import islice, takewhile
from typing import Generic, TypeVar

from dezky_audit_tui.model.query import Is, Match, Network, Pattern, Term
from dezky_audit_tui.model.query_match import folded
from dezky_audit_tui.store.sqlite.conditions import ALWAYS, FLAGS, Sql, every, network_range
from dezky_audit_tui.store.sqlite.lookups import in_index
from dezky_audit_tui.text import clean

MOST_BRANCHES = 40
"""More values than that are looked at row by row instead."""
_MOST_ADDRESSES = 256
"""Of networks: those of a /24. SQLite merges so many walks in half a millisecond, and takes 500 at most."""
_MOST_NAMES = 128
"""Of a name's beginning, and as many of an email's."""
COUNTED_UP_TO = 50_000
"""Rows of an actor, an address or a flag are counted up to this to compare walks."""
_SORTED_UP_TO = 100_000
"""Rows of many values that are sorted for a page, from their index alone (65 ns each); where there are more, the
timeline soon comes by some."""

V = TypeVar("V", str, bytes)


@dataclass(frozen=True, slots=True)
class Branch:
    """A walk along `index`: `condition` fixes its leading column (or is that of a partial index), or is a range of it,
    whose rows are sorted then. `also`: what else must hold of a row."""

    index: str
    condition: Sql
    also: Sql = ALWAYS


@dataclass(frozen=True, slots=True)
class _Range(Generic[V]):
    """Values from `first` on that are `within`, which `condition` says too; `single`: `first` alone."""

    first: V
    condition: Sql
    within: Callable[[V], bool]
    single: bool


def term_branches(connection: sqlite3.Connection, term: Term, *, ordered: bool) -> list[Branch] | None:
    """Branches that hold the rows of a term, a row perhaps in several; None where no index serves the term.

    `ordered`: whether they are read for a page, in the timeline's order, or all of them to be counted.
    """
    if term.negated:
        return None
    match term.condition:
        case Match("actor"):
            return _actor_branches(connection, term.condition, ordered=ordered)
        case Match("ip", patterns) if not any(patterns):
            return [Branch("events_ip", Sql("actor_ip_key IS NULL"), Sql("actor_ip IS NULL"))]
        case Network():
            ranges = [_addresses(*each) for each in _ranges(term.condition)]
            return _along(connection, "actor_ip_key", "events_ip", ranges, _MOST_ADDRESSES, ordered=ordered)
        case Is(flags):
            return [Branch(f"events_{flag}", Sql(FLAGS[flag])) for flag in dict.fromkeys(flags)]
    return None


def counted_rows(connection: sqlite3.Connection, term: Term, branches: Sequence[Branch], most: int) -> int:
    """Entries of a term's branches, counted up to `most`."""
    whole = term_branches(connection, term, ordered=False)
    return _counted(connection, branches if whole is None else whole, most)


def _counted(connection: sqlite3.Connection, branches: Sequence[Branch], most: int) -> int:
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


def _actor_branches(connection: sqlite3.Connection, match: Match, *, ordered: bool) -> list[Branch] | None:
    """By name and by email."""
    patterns = [pattern for pattern in match.patterns if pattern is not None]
    if any(pattern.open_start for pattern in patterns):
        return None
    found: list[Branch] = []
    for column, index in (("actor_name_key", "events_name"), ("actor_email_key", "events_email")):
        branches = _along(connection, column, index, _names(column, patterns), _MOST_NAMES, ordered=ordered)
        if branches is None:
            return None
        found += branches
    if None in match.patterns:
        no_email = in_index("events_email", Sql("actor_email_key IS NULL"))
        found.append(Branch("events_name", Sql("actor_name_key IS NULL"), no_email))
    return found


def _along(
    connection: sqlite3.Connection, column: str, index: str, ranges: Sequence[_Range[V]], most: int, *, ordered: bool
) -> list[Branch] | None:
    """One branch for each value that is there; of many values but few rows, a range is read as a whole and sorted."""
    if not ordered:
        return [Branch(index, each.condition) for each in ranges] if len(ranges) <= MOST_BRANCHES else None
    values: list[V] = []
    wide: list[Branch] = []
    for each in ranges:
        found = [each.first] if each.single else _there(connection, column, index, each, most + 1)
        if len(values) + len(found) <= most:
            values += found
        else:
            wide.append(Branch(index, each.condition))
    if len(wide) > MOST_BRANCHES or (wide and _counted(connection, wide, _SORTED_UP_TO) >= _SORTED_UP_TO):
        return None
    return [Branch(index, Sql(f"{column} = ?", (value,))) for value in values] + wide


def _names(column: str, patterns: Sequence[Pattern]) -> list[_Range[str]]:
    """None within another."""
    texts = {(clean(folded(each).text), each.open_end) for each in patterns}
    beginnings = {text for text, is_open in texts if is_open}
    return [
        _beginning(column, text) if is_open else _Range(text, Sql(f"{column} = ?", (text,)), text.__eq__, single=True)
        for text, is_open in sorted(texts)
        if not any(text.startswith(each) and (text != each or not is_open) for each in beginnings)
    ]


def _beginning(column: str, text: str) -> _Range[str]:
    low, high = Sql(f"{column} >= ?", (text,)), _after(text)
    condition = low if high is None else every([low, Sql(f"{column} < ?", (high,))])
    return _Range(text, condition, lambda value: value.startswith(text), single=False)


def _after(beginning: str) -> str | None:
    """The first text that comes after all with this beginning, in the order of code points; None where none does."""
    for place in range(len(beginning) - 1, -1, -1):
        code = ord(beginning[place]) + 1
        if code <= sys.maxunicode:
            return beginning[:place] + chr(0xE000 if 0xD800 <= code <= 0xDFFF else code)
    return None


def _addresses(low: bytes, high: bytes) -> _Range[bytes]:
    if low == high:
        return _Range(low, Sql("actor_ip_key = ?", (low,)), low.__eq__, single=True)
    return _Range(low, Sql("actor_ip_key BETWEEN ? AND ?", (low, high)), lambda value: value <= high, single=False)


def _ranges(network: Network) -> list[tuple[bytes, bytes]]:
    """First and last key of each network, none within another."""
    four = collapse_addresses([each for each in network.networks if isinstance(each, IPv4Network)])
    six = collapse_addresses([each for each in network.networks if isinstance(each, IPv6Network)])
    return [*map(network_range, four), *map(network_range, six)]


def _there(connection: sqlite3.Connection, column: str, index: str, sought: _Range[V], most: int) -> list[V]:
    """The first of its values that rows have: one step of the index each."""
    values = connection.execute(
        "WITH RECURSIVE found (value) AS ("  # noqa: S608 - names from this file
        f"SELECT min({column}) FROM events INDEXED BY {index} WHERE {column} >= ? "
        f"UNION ALL SELECT (SELECT min({column}) FROM events INDEXED BY {index} WHERE {column} > value) "
        "FROM found WHERE value IS NOT NULL) SELECT value FROM found WHERE value IS NOT NULL",
        (sought.first,),
    )
    return list(islice(takewhile(sought.within, (value for (value,) in values)), most))

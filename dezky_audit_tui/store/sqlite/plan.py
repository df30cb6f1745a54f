"""How a filter is served: which index is walked, and what is looked at on the way.

Every index ends in (at, id), so a walk along one value of it gives rows in the timeline's order. A filter becomes
one or several such walks (branches), whose rows are merged. Tenants, verbs, sources and outcomes are few, and counted:
patterns and negations on them become sets of known values by the plain rule of `query_match`, and the counts tell which
walk is the shortest. What is left of the filter is looked up in other indexes where they know it, else in the row.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import NamedTuple

from dezky_audit_tui.model.query import Field, Match, Network, Query, Since, Term, Until, Words
from dezky_audit_tui.model.query_match import exact_holds
from dezky_audit_tui.store.sqlite import tallies
from dezky_audit_tui.store.sqlite.conditions import ALWAYS, Sql, among, every, negation, some, term_sql
from dezky_audit_tui.store.sqlite.lookups import any_value, glance, in_order, term_lookup
from dezky_audit_tui.store.sqlite.walks import COUNTED_UP_TO, MOST_BRANCHES, Branch, counted_rows, term_branches


class Plan(NamedTuple):
    """Walk the branches from `low` (inclusive) to `high` (exclusive), in milliseconds, and keep what fits `rest`.

    No branches: no row can match. `overlapping`: whether a row may be in more than one of them. `known`: how many
    rows match, where the counters tell.
    """

    branches: tuple[Branch, ...]
    overlapping: bool = False
    rest: Sql = ALWAYS
    low: int | None = None
    high: int | None = None
    known: int | None = None


class _Walk(NamedTuple):
    """One way to serve the filter: `serves` are the terms that need no further look."""

    branches: tuple[Branch, ...]
    rows: int
    serves: tuple[Term, ...]
    overlapping: bool = False
    exact: bool = True


class _Look(NamedTuple):
    """How a walk for something else sees whether `terms` hold: by a `lookup` in other indexes, where there is one, else
    by the `row`. `rows`: of how many they hold, at most."""

    terms: tuple[Term, ...]
    lookup: Sql | None
    row: Sql
    rows: int


@dataclass(frozen=True, slots=True)
class _Facet:
    field: Field
    column: str
    index: str


_FACETS = (
    _Facet("tenant", "tenant_slug", "events_tenant"),
    _Facet("verb", "action", "events_action"),
    _Facet("source", "source", "events_source"),
    _Facet("outcome", "outcome", "events_outcome"),
)
_TALLIED: dict[Field, str] = {
    "tenant": tallies.TENANT,
    "verb": tallies.ACTION,
    "source": tallies.SOURCE,
    "outcome": tallies.OUTCOME,
}
_WORDS_READ_FASTER = 4
"""Free text reads this many times as many rows a second from `events_at`, which covers it, as from the table."""
_EVERYTHING = (Branch("events_at", ALWAYS),)


def make_plan(connection: sqlite3.Connection, query: Query, *, ordered: bool = True) -> Plan:
    """The plan for `query`, from what the store holds now. To be used on the same snapshot.

    `ordered`: for a page; else all rows are to be counted, in whatever order they come.
    """
    low, high = query.stretch
    total = tallies.total(connection)
    walks = [_Walk(_EVERYTHING, total, ())]
    looks: list[_Look] = []
    untimed = [term for term in query.terms if not isinstance(term.condition, Since | Until)]
    for facet in _FACETS:
        terms = tuple(term for term in untimed if _is_on(term, facet.field))
        if not terms:
            continue
        untimed = [term for term in untimed if term not in terms]
        allowed, others = _values(connection, facet.field, terms)
        if not allowed:
            return Plan((), known=0)
        rows = sum(allowed.values())
        if others:
            looks.append(_facet_look(facet, terms, list(allowed), list(others), rows))
        if len(allowed) <= MOST_BRANCHES:
            branches = tuple(Branch(facet.index, _is_value(facet.column, value)) for value in allowed)
            walks.append(_Walk(branches, rows, terms))
    for term in untimed:
        alone = len(untimed) == len(walks) == 1
        walk = _term_walk(connection, term, 0 if alone else min(walk.rows for walk in walks), ordered=ordered)
        if walk is not None:
            walks.append(walk)
        lookup = term_lookup(term)
        if lookup is not None and term.negated:
            lookup = negation(lookup)
        looks.append(_Look((term,), lookup, term_sql(term), walk.rows if walk else total))
    best = min(walks[1:], key=lambda walk: walk.rows, default=walks[0])
    if _has_words(query) and best.rows > total // _WORDS_READ_FASTER:
        best = walks[0]
    left = [look for look in looks if look.terms != best.serves]
    known = best.rows if best.exact and not left and low is None and high is None else None
    return Plan(best.branches, best.overlapping, _rest(left, on_timeline=best is walks[0]), low, high, known)


def _rest(looks: list[_Look], *, on_timeline: bool) -> Sql:
    """All of them, what costs least first. `on_timeline`: whether its own index is walked, which holds all words."""
    glances: list[Sql] = []
    lookups: list[tuple[int, Sql]] = []
    rows: list[Sql] = []
    for look in looks:
        seen = glance(look.terms[0]) if on_timeline and len(look.terms) == 1 else None
        if seen is not None:
            glances.append(seen)
        if seen is not None and isinstance(look.terms[0].condition, Words):
            continue
        if look.lookup is None:
            rows.append(look.row)
        else:
            lookups.append((look.rows, look.lookup))
    lookups.sort(key=lambda each: each[0])
    last = [every(rows)] if rows else []
    return in_order([*glances, *(lookup for _, lookup in lookups), *last])


def _has_words(query: Query) -> bool:
    return any(isinstance(term.condition, Words) and not term.negated for term in query.terms)


def _is_on(term: Term, field: Field) -> bool:
    return isinstance(term.condition, Match) and term.condition.field == field


def _values(
    connection: sqlite3.Connection, field: Field, terms: tuple[Term, ...]
) -> tuple[dict[str | None, int], dict[str | None, int]]:
    """The known values for which all `terms` hold, and the others; each with its number of rows."""
    known: dict[str | None, int] = dict(tallies.read(connection, _TALLIED[field]).items())
    without = tallies.read(connection, tallies.NO_TENANT) if field == "tenant" else {}
    if without:
        known[None] = sum(without.values())
    allowed: dict[str | None, int] = {}
    others: dict[str | None, int] = {}
    for value, rows in known.items():
        holds = all(
            exact_holds(term.condition, value) is not term.negated
            for term in terms
            if isinstance(term.condition, Match)
        )
        (allowed if holds else others)[value] = rows
    return allowed, others


def _is_value(column: str, value: str | None) -> Sql:
    return Sql(f"{column} IS NULL") if value is None else Sql(f"{column} = ?", (value,))


def _facet_look(
    facet: _Facet, terms: tuple[Term, ...], allowed: list[str | None], others: list[str | None], rows: int
) -> _Look:
    """By the shorter of the two lists."""
    fewer, negated = (allowed, False) if len(allowed) <= len(others) else (others, True)
    named = [value for value in fewer if value is not None]
    parts = [among(facet.column, named)] if named else []
    if None in fewer:
        parts.append(Sql(f"{facet.column} IS NULL"))
    row, lookup = some(parts), any_value(facet.index, facet.column, fewer)
    if negated:
        return _Look(terms, negation(lookup) if lookup else None, negation(row), rows)
    return _Look(terms, lookup, row, rows)


def _term_walk(connection: sqlite3.Connection, term: Term, best: int, *, ordered: bool) -> _Walk | None:
    """The walk for a term on the actor, the address or a flag; None where no index serves it. Its rows are counted
    only as far as it takes to see whether it is shorter than the best so far; a page does not wait for more than
    some of them. A walk that stands alone (`best` 0) is not counted at all."""
    branches = term_branches(connection, term, ordered=ordered)
    if branches is None:
        return None
    most = min(best, COUNTED_UP_TO) if ordered else best
    rows = counted_rows(connection, term, branches, most) if most else 0
    overlapping = len(branches) > 1 and not isinstance(term.condition, Network)
    exact = not ordered and not overlapping and rows < most and all(branch.also == ALWAYS for branch in branches)
    return _Walk(tuple(branches), rows, (term,), overlapping, exact)

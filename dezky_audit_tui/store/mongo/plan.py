"""How a filter is served: in one walk along an index, or in strides along the timeline that can be cancelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bson import Regex

from dezky_audit_tui.model.query import Field, Is, Match, Network, Query, Since, Term, Until
from dezky_audit_tui.store.mongo.addresses import is_single
from dezky_audit_tui.store.mongo.base import Base, Pipeline
from dezky_audit_tui.store.mongo.conditions import COLUMNS, Values, allowed_values, needs_values, term_cond
from dezky_audit_tui.store.mongo.filters import NEVER, Cond, every
from dezky_audit_tui.store.mongo.lists import Lists
from dezky_audit_tui.store.mongo.scalars import PRESENT
from dezky_audit_tui.store.mongo.shapes import ACTOR_IP
from dezky_audit_tui.store.mongo.values import first

MOST_WALKS = 40
"""More values than that are looked at row by row instead."""
MOST_VALUES = 500
"""A field with more different values than that is searched by pattern."""
_STRIDE = 20_000
_LONG_STRIDE = 200_000


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows that fit `cond`, from `low` (inclusive) to `high` (exclusive), in milliseconds.

    `stride`: how many rows are looked at between two looks at whether the search is still wanted; None where an
    index serves the filter. `untimed`: the query without its times, by which unsure rows are decided.
    """

    cond: Cond
    untimed: Query
    low: int | None = None
    high: int | None = None
    stride: int | None = None

    @property
    def is_exact(self) -> bool:
        """Whether the server decides alone."""
        return self.cond.unsure == NEVER

    @property
    def is_timed(self) -> bool:
        """Whether it has a beginning or an end."""
        return self.low is not None or self.high is not None


async def make_plan(base: Base, lists: Lists, query: Query) -> Plan:
    """The plan for `query`, from the values that the store holds now."""
    terms = [term for term in query.terms if not isinstance(term.condition, Since | Until)]
    values = {field: await _values(base, field) for field in COLUMNS if any(_needs(term, field) for term in terms)}
    cond = every([term_cond(term, _of(term, values)) for term in terms])
    low, high = query.stretch
    rows = await lists.rows({path for term in terms if (path := _own_path(term)) is not None})
    if rows != NEVER:
        # No index leads to all of them any more.
        return Plan(cond.beside(rows), Query(tuple(terms)), low, high, _STRIDE)
    return Plan(cond, Query(tuple(terms)), low, high, _stride(terms, values))


def _own_path(term: Term) -> str | None:
    """The field of one value, with an index of its own, that the term looks at first."""
    match term.condition:
        case Match(field) if field in COLUMNS:
            return COLUMNS[field]
        case Match("ip") | Network():
            return ACTOR_IP[0]
    return None


def _needs(term: Term, field: Field) -> bool:
    return isinstance(term.condition, Match) and term.condition.field == field and needs_values(term.condition)


def _of(term: Term, values: Mapping[Field, Values]) -> Values:
    return values.get(term.condition.field) if isinstance(term.condition, Match) else None


def _stride(terms: Sequence[Term], values: Mapping[Field, Values]) -> int | None:
    if not terms or any(_is_walked(term, values) for term in terms):
        return None
    return _LONG_STRIDE if any(_is_sought(term) for term in terms) else _STRIDE


def _is_walked(term: Term, values: Mapping[Field, Values]) -> bool:
    """Whether an index gives the term's rows in the timeline's order."""
    match term.condition:
        case Match() as match if match.field in COLUMNS and not term.negated:
            allowed = allowed_values(match, _of(term, values))
            return allowed is not None and len(allowed) <= MOST_WALKS
    return False


def _is_sought(term: Term) -> bool:
    """Whether an index gives most of the term's rows."""
    match term.condition:
        case Network(networks):
            return not term.negated and all(map(is_single, networks))
        case Is(flags):
            return not term.negated and set(flags) in ({"unresolved"}, {"impersonated"})
    return False


async def _values(base: Base, field: Field) -> Values:
    """The different values of a field, one step of its index each; None where they are too many."""
    path = COLUMNS[field]
    pipeline: Pipeline = [
        {"$match": {path: {"$type": [*PRESENT]}}},
        {"$sort": {path: 1}},
        {"$group": {"_id": f"${path}"}},
        {"$limit": MOST_VALUES + 1},
    ]
    found = [first(each["_id"]) for each in await base.aggregate(base.events, pipeline)]
    # In a list of values an expression would be a pattern, and null a row without any.
    return None if len(found) > MOST_VALUES else [each for each in found if not isinstance(each, Regex | None)]

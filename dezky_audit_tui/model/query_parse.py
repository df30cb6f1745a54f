"""The filter language: from what was typed to the tree of `query`.

    tenant:acme verb:login*,logout !actor:root since:2h "group Admins"

Terms are parted by spaces, and all must hold. `!` or `-` before a term negates it. A value may be open at either
end (`*`), quoted ("two words", with a backslash before a quote in it), and one of several (`a,b`). Times without a
zone are UTC; a date alone is its midnight; `2h` is that long before now. `none` means that there is no tenant,
actor, address or target.
"""

from __future__ import annotations

from datetime import datetime

from dezky_audit_tui.errors import QueryError
from dezky_audit_tui.model.query import Condition, Query, Term
from dezky_audit_tui.model.query_lex import RawTerm, Value, read_terms
from dezky_audit_tui.model.query_values import (
    address_condition,
    flag_condition,
    outcome_condition,
    since_condition,
    text_condition,
    text_or_none_condition,
    until_condition,
    words_condition,
)
from dezky_audit_tui.model.query_words import shown, suggestion
from dezky_audit_tui.text import clean

FIELDS = ("tenant", "verb", "actor", "ip", "source", "outcome", "target", "since", "until", "is")
"""All fields, in the order in which help shows them."""

MOST_TERMS = 100
MOST_VALUES = 300
"""Of a whole filter: more is a mistake, and a store's statement has an end."""


def parse_query(text: str, *, now: datetime) -> Query:
    """The filter that `text` says; an empty one is everything. `now` is what `since:2h` counts from.

    Raises QueryError with the 0-based place of the fault and, where there is one, the nearest valid word. Its
    message counts columns from 1.
    """
    raw_terms = read_terms(clean(text))
    if len(raw_terms) > MOST_TERMS:
        raise QueryError(f"a filter holds up to {MOST_TERMS} terms", raw_terms[MOST_TERMS].place)
    if sum(len(raw.values) for raw in raw_terms) > MOST_VALUES:
        raise QueryError(
            f"a filter holds up to {MOST_VALUES} values", max(raw_terms, key=lambda raw: len(raw.values)).place
        )
    return Query(tuple(Term(_condition(raw, now), raw.negated, raw.text) for raw in raw_terms))


def _condition(raw: RawTerm, now: datetime) -> Condition:
    values = raw.values
    match raw.name.lower() if raw.name is not None else None:
        case None:
            return words_condition(values[0])
        case "verb" | "source" as field:
            return text_condition(field, values)
        case "tenant" | "actor" | "target" as field:
            return text_or_none_condition(field, values)
        case "outcome":
            return outcome_condition(values)
        case "ip":
            return address_condition(values)
        case "since":
            return since_condition(values, now)
        case "until":
            return until_condition(values, now)
        case "is":
            return flag_condition(values)
    raise _unknown_field(raw, values[0])


def _unknown_field(raw: RawTerm, value: Value) -> QueryError:
    name = raw.name or ""
    hint, best = suggestion(name, FIELDS)
    return QueryError(
        f"there is no field {shown(name)} (column {raw.name_place + 1}); {hint} "
        f'(or write "{shown(f"{name}:{value.text}")}" to search for the text)',
        raw.name_place,
        best,
    )

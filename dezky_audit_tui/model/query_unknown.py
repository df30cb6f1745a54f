"""Values of a filter that no event has: most are typing errors, and a filter that finds nothing looks like peace."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from dezky_audit_tui.model.query import Field, Match, Query
from dezky_audit_tui.model.query_match import exact_holds
from dezky_audit_tui.model.query_words import shown
from dezky_audit_tui.text import visible

LISTED: tuple[Field, ...] = ("tenant", "verb", "source")
"""Fields with few values, which a store can list."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that none of the known ones fits, and the nearest of these, if any is near."""

    field: Field
    text: str
    nearest: str | None


def listed_fields(query: Query) -> frozenset[Field]:
    """Those of LISTED that the query asks for by a value that has to be there."""
    return frozenset(match.field for match in _matches(query))


def unknown_values(query: Query, known: Mapping[Field, Collection[str]]) -> list[Unknown]:
    """The values of LISTED fields that fit none of the `known` ones; those that are turned round are left out."""
    found = []
    for match in _matches(query):
        values = known.get(match.field, ())
        for pattern in match.patterns:
            if pattern is None or any(exact_holds(Match(match.field, (pattern,)), value) for value in values):
                continue
            found.append(Unknown(match.field, pattern.text, _nearest(match.field, pattern.text, values)))
    return found


def unknown_text(unknown: Unknown) -> str:
    """`no event has the verb logni: did you mean login?`"""
    hint = f": did you mean {visible(unknown.nearest)}?" if unknown.nearest else ""
    return f"no event has the {unknown.field} {shown(unknown.text)}{hint}"


def _matches(query: Query) -> Iterator[Match]:
    for term in query.terms:
        if isinstance(term.condition, Match) and not term.negated and term.condition.field in LISTED:
            yield term.condition


def _nearest(field: Field, text: str, values: Collection[str]) -> str | None:
    """In any case: `Acme` is no tenant where `acme` is one, and the nearest to it."""
    words = {value.casefold(): value for value in sorted(values)}
    if field == "verb" and "." not in text:
        words = {value.rpartition(".")[2].casefold(): value.rpartition(".")[2] for value in sorted(values)}
    near = get_close_matches(text.casefold(), list(words), n=1, cutoff=0.5)
    return words[near[0]] if near else None

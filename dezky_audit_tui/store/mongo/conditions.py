"""Terms of a filter as conditions on documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dezky_audit_tui.model.event import OUTCOMES, REASONS
from dezky_audit_tui.model.query import Field, Flag, Is, Match, Network, Pattern, Term, Words
from dezky_audit_tui.model.query_match import exact_holds, fold
from dezky_audit_tui.store.mongo import shapes
from dezky_audit_tui.store.mongo.addresses import network_cond, other_paths
from dezky_audit_tui.store.mongo.anycase import contains, odd_ones, whole
from dezky_audit_tui.store.mongo.filters import (
    Cond,
    Filter,
    all_of,
    among,
    any_of,
    exact,
    fits,
    found,
    is_none,
    none_of,
    some,
    tail_fits,
)
from dezky_audit_tui.store.mongo.scalars import alike, holding, listed, nameless, valueless
from dezky_audit_tui.store.mongo.values import text
from dezky_audit_tui.text import clean

COLUMNS: Mapping[Field, str] = {"tenant": "tenantSlug", "verb": "action", "source": "source"}
"""Fields of few values, each with an index of its own."""

Values = Sequence[Any] | None
"""All values of such a field, of any type; None where there are too many, or where they are not needed."""

_ACTOR = (shapes.ACTOR_NAME, shapes.ACTOR_EMAIL)
_TARGET = (shapes.TARGET_TYPE, shapes.TARGET_ID, shapes.TARGET_NAME)
_WORDS = (*_ACTOR, shapes.TARGET_ID, shapes.TARGET_NAME, shapes.ACTION, shapes.ACTOR_IP)

_FOREIGN = any_of([is_none("recordedAt"), {"tenantWhy": {"$exists": False}}])
"""Rows that this program has not stored: its own have both names."""

_NO_VALUE: list[Any] = [None, []]

_FLAGS: Mapping[Flag, Cond] = {
    "unmapped": exact({"metadata.unmapped": {"$eq": True}}),
    "impersonated": Cond(
        {"onBehalfOf": {"$type": "object"}},
        {"onBehalfOf": {"$type": [*shapes.PRESENT]}},
        {"onBehalfOf": {"$type": [*shapes.PRESENT], "$not": {"$type": "object"}}},
    ),
    "unresolved": exact({"tenantSlug": {"$eq": None}, "tenantWhy.reason": {"$in": list(REASONS)}}),
}


def needs_values(match: Match) -> bool:
    """Whether the field's values have to be known: a pattern is open, or looks behind the last dot."""
    return match.field in COLUMNS and any(
        each is not None and (each.open_start or each.open_end or (match.field == "verb" and "." not in each.text))
        for each in match.patterns
    )


def term_cond(term: Term, values: Values = None) -> Cond:
    """The term's condition. `values`: of its field, where `needs_values`. Times are not terms of this kind."""
    condition = _cond(term, values)
    return ~condition if term.negated else condition


def allowed_values(match: Match, values: Values) -> list[Any] | None:
    """The values for which `match` holds; None where they cannot be listed."""
    if not needs_values(match):
        listed = [_NO_VALUE if each is None else alike(clean(each.text)) for each in match.patterns]
        return [value for part in listed for value in part]
    if values is None:
        return None
    none = _NO_VALUE if None in match.patterns else []
    return [*none, *(value for value in values if exact_holds(match, text(value)))]


def _cond(term: Term, values: Values) -> Cond:
    match term.condition:
        case Is(flags):
            return some([_FLAGS[flag] for flag in flags])
        case Words(text):
            return _any_case(_WORDS, contains(text), fold(text))
        case Network() as network:
            return network_cond(network)
        case Match("actor", patterns):
            return some([_fits_any_case(_ACTOR, each) for each in patterns])
        case Match("target", patterns):
            return some([_fits_any_case(_TARGET, each) for each in patterns])
        case Match("outcome") as match:
            return exact(_outcome(match))
        case Match("ip", patterns):
            return some([_address(each) for each in patterns])
        case Match("verb") as match:
            return _verb(match, values)
        case Match() as match:
            return _column(match, values)
    raise TypeError(f"no condition for {term.condition!r}")


def _column(match: Match, values: Values) -> Cond:
    """Tenant, verb or source, by the field of its own."""
    path = COLUMNS[match.field]
    nameless = [*_NO_VALUE, ""] if match.field == "source" and exact_holds(match, shapes.UNKNOWN) else []
    allowed = allowed_values(match, values)
    if allowed is not None:
        return exact(among(path, [*allowed, *nameless]))
    return some([exact(among(path, nameless)), *(_pattern(path, each, match) for each in match.patterns)])


def _pattern(path: str, pattern: Pattern | None, match: Match) -> Cond:
    """What is no text may be shown as one that fits, and is looked at then."""
    if pattern is None:
        return exact(among(path, _NO_VALUE))
    sought = clean(pattern.text)
    if not (pattern.open_start or pattern.open_end) and (match.field != "verb" or "." in sought):
        return exact(among(path, alike(sought)))
    own = fits(path, pattern)
    if match.field == "verb" and "." not in pattern.text:
        own = any_of([own, tail_fits(path, pattern)])
    other = holding(path, fold(sought))
    return Cond(own, any_of([own, other]), other)


def _verb(match: Match, values: Values) -> Cond:
    """Rows that name their verb elsewhere have no `action`: one more value of its index."""
    own, *others = shapes.ACTION
    column = _column(match, values)
    named = any_of(_pattern(path, each, match).maybe for path in others for each in match.patterns)
    if exact_holds(match, shapes.UNKNOWN):
        # An empty name is one that tells nothing, too.
        nowhere = all_of(any_of([valueless(path), among(path, [""])]) for path in others)
        named = any_of([named, nowhere, *(among(path, [""]) for path in shapes.ACTION)])
    elsewhere = all_of([among(own, [*_NO_VALUE, ""]), named])
    allowed = allowed_values(match, values)
    if allowed is None:
        return Cond(column.sure, any_of([column.maybe, elsewhere]), any_of([column.unsure, elsewhere]))
    # One list for the index, and what decides beside it: so that a walk along the index gives the rows in order.
    listed = among(own, [*_NO_VALUE, "", *allowed])
    return Cond(column.sure, all_of([listed, any_of([column.sure, elsewhere])]), elsewhere)


def _outcome(match: Match) -> Filter:
    """What is none of the four is unknown."""
    holds = [value for value in OUTCOMES if exact_holds(match, value)]
    if "unknown" not in holds:
        return among("outcome", holds)
    return {"outcome": {"$nin": [value for value in OUTCOMES if value not in holds]}}


def _address(pattern: Pattern | None) -> Cond:
    own, *others = shapes.ACTOR_IP
    if pattern is None:
        nowhere = all_of(is_none(path) for path in shapes.ACTOR_IP)
        return Cond(nowhere, valueless(own), all_of([valueless(own), {"$nor": [nowhere]}]))
    elsewhere = other_paths([fits(path, pattern) for path in others])
    return Cond(fits(own, pattern), any_of([fits(own, pattern), elsewhere]), elsewhere)


def _fits_any_case(groups: Sequence[tuple[str, ...]], pattern: Pattern | None) -> Cond:
    if pattern is not None:
        return _any_case(groups, whole(pattern), fold(pattern.text))
    nowhere = all_of(is_none(path) for paths in groups for path in paths)
    own = all_of(nameless(paths[0]) for paths in groups)
    return Cond(nowhere, own, all_of([own, {"$nor": [nowhere]}]))


def _any_case(groups: Sequence[tuple[str, ...]], expression: str, sought: str) -> Cond:
    """Rows where the expression, which finds the folded text `sought`, finds something in one of the groups; the first
    path of each is the field's own.

    In rows that this program stored it holds a text or nothing: only others are looked at in all the other places, and
    for what is no text.
    """
    candidates = f"{expression}|{odd_ones()}"
    firsts = [paths[0] for paths in groups]
    others = [path for paths in groups for path in paths]
    lists = listed(firsts)
    sure = all_of([any_of(found(path, expression) for path in firsts), none_of(lists)])
    maybe = any_of(found(path, candidates) for path in firsts)
    odd = any_of(found(path, odd_ones()) for path in firsts)
    places = any_of([*(found(path, candidates) for path in others), *(holding(path, sought) for path in others)])
    elsewhere = all_of([_FOREIGN, places])
    return Cond(sure, any_of([maybe, elsewhere]), any_of([odd, elsewhere, lists]))

"""The filter language: `field:value` terms that must all hold, as a tree that each store turns into its own query.

Values are literal. A store compiles this tree with bound parameters; none of it ever becomes an operator or an
expression of the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Literal

from dezky_audit_tui.model.instants import ceil_ms

Field = Literal["tenant", "verb", "actor", "ip", "source", "outcome", "target"]
"""Fields that are compared with text."""

Flag = Literal["unmapped", "impersonated", "unresolved"]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text, whole or open at either end (`*`). `text` is literal; `any_case` where the field ignores case."""

    text: str
    open_start: bool = False
    open_end: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """`field:a,b`: any of the patterns. `tenant:none` is a pattern of None."""

    field: Field
    patterns: tuple[Pattern | None, ...]


@dataclass(frozen=True, slots=True)
class Network:
    """`ip:` with addresses or networks: any of them."""

    networks: tuple[IPv4Network | IPv6Network, ...]


@dataclass(frozen=True, slots=True)
class Since:
    """At or after `at`."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Until:
    """Before `at`."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Is:
    """`is:flag`, any of them."""

    flags: tuple[Flag, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """A bare word or a quoted text: found in actor (name or email), target, verb or address, in any case."""

    text: str


Condition = Match | Network | Since | Until | Is | Words


@dataclass(frozen=True, slots=True)
class Term:
    """One condition, perhaps negated. `text` is the term as it was typed (for chips)."""

    condition: Condition
    negated: bool
    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """All terms must hold. No terms: everything."""

    terms: tuple[Term, ...] = ()

    @property
    def text(self) -> str:
        """The filter as it was typed."""
        return " ".join(term.text for term in self.terms)

    @property
    def has_words(self) -> bool:
        """Whether it searches free text, which no index serves."""
        return any(isinstance(term.condition, Words) for term in self.terms)

    @property
    def may_look_in_vain(self) -> bool:
        """Whether a store may come by rows that do not match, so that somebody may want to stop it. Not where all rows
        of a stretch of time are sought, or those of one whole name, as an ingester asks: an index has just those."""
        terms = [term for term in self.terms if not isinstance(term.condition, Since | Until)]
        return len(terms) > 1 or not all(_is_named(term) for term in terms)

    @property
    def stretch(self) -> tuple[int | None, int | None]:
        """From (inclusive) and until (exclusive) which moment it looks, in milliseconds since 1970; None: no bound."""
        low: int | None = None
        high: int | None = None
        for term in self.terms:
            match term.condition:
                case Since(at) | Until(at):
                    # A row's time is whole milliseconds: at or after a moment within one is at or after the next.
                    bound = ceil_ms(at)
                    if isinstance(term.condition, Since) is not term.negated:
                        low = bound if low is None else max(low, bound)
                    else:
                        high = bound if high is None else min(high, bound)
        return low, high


def _is_named(term: Term) -> bool:
    """Whether it names one value of a field that every store has an index for. A verb without a dot is an end only."""
    match term.condition:
        case Match("tenant" | "source" | "verb" as field, (pattern,)):
            whole = pattern is None or not (pattern.open_start or pattern.open_end)
            return whole and not term.negated and (field != "verb" or pattern is None or "." in pattern.text)
    return False


EVERYTHING = Query()

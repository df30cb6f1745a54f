"""A search in the timeline: its hits are marked among the rows that stay. Pure.

It is typed in the filter's language, and a hit is a row that the same text would keep as a filter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.query import Match, Network, Query, Words
from dezky_audit_tui.model.query_match import matches
from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.words.columns import ColumnName

_COLUMN_OF: dict[str, ColumnName] = {
    "verb": "verb",
    "tenant": "tenant",
    "actor": "actor",
    "ip": "address",
    "outcome": "mark",
    "target": "what",
}


@dataclass(frozen=True, slots=True)
class Search:
    """`columns`: whose cells a hit is marked in. `words`: what is marked wherever it stands."""

    query: Query
    columns: frozenset[ColumnName] = field(init=False)
    words: re.Pattern[str] | None = field(init=False)

    def __post_init__(self) -> None:
        terms = [term.condition for term in self.query.terms if not term.negated]
        fields = {term.field for term in terms if isinstance(term, Match)}
        if any(isinstance(term, Network) for term in terms):
            fields.add("ip")
        texts = sorted({visible(term.text) for term in terms if isinstance(term, Words)}, key=len, reverse=True)
        object.__setattr__(self, "columns", frozenset(_COLUMN_OF[name] for name in fields if name in _COLUMN_OF))
        object.__setattr__(self, "words", re.compile("|".join(map(re.escape, texts)), re.IGNORECASE) if texts else None)

    def hits(self, event: AuditEvent) -> bool:
        """Whether a row is a hit."""
        return matches(self.query, event)

    def within(self, query: Query) -> Query:
        """Its hits among the rows of a filter."""
        return Query((*query.terms, *self.query.terms))

    def parts(self, column: ColumnName, text: str) -> Iterator[tuple[str, bool]]:
        """The text of a hit's cell in parts, and whether each is to be marked."""
        if column in self.columns:
            kept = text.rstrip()
            yield kept or text, True
            yield text[len(kept or text) :], False
            return
        at = 0
        for found in self.words.finditer(text) if self.words is not None else ():
            yield text[at : found.start()], False
            yield found.group(), True
            at = found.end()
        yield text[at:], False

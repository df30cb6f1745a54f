"""The filter as the operator changes it, term by term. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from dezky_audit_tui.errors import QueryError
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.query import EVERYTHING, Query
from dezky_audit_tui.model.query_parse import parse_query
from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.prompts.fault import Fault

PivotField = Literal["tenant", "verb", "actor", "ip", "target", "source"]


def fault_of(text: str, now: datetime) -> Fault | None:
    """What is wrong with a filter, and the nearest word that would be right."""
    try:
        parse_query(text, now=now)
    except QueryError as error:
        return Fault(error.message, error.place)
    return None


def with_pivot(query: Query, event: AuditEvent, field: PivotField, now: datetime) -> Query:
    """One more term: what the event itself has there. A term of the same field gives way to it."""
    return _with_term(query, field, pivot_text(event, field), now)


def with_value(query: Query, field: PivotField, value: str | None, now: datetime) -> Query:
    """One more term, for a value itself; None: for rows without one."""
    return _with_term(query, field, _term_text(field, value), now)


def _with_term(query: Query, field: PivotField, text: str, now: datetime) -> Query:
    kept = [term.text for term in query.terms if not term.text.lower().startswith(f"{field}:")]
    return parse_query(" ".join((*kept, text)), now=now)


def pivot_text(event: AuditEvent, field: PivotField) -> str:
    """The term that finds the event again: `tenant:acme`, `actor:"Ana Lund"`, `tenant:none`."""
    target = event.target
    value = {
        "tenant": event.tenant_slug,
        "verb": event.action,
        "actor": event.actor_name or event.actor_email,
        "ip": event.actor_ip,
        "target": (target.name or target.id or target.type) if target is not None else None,
        "source": event.source,
    }[field]
    return _term_text(field, value)


def _term_text(field: PivotField, value: str | None) -> str:
    return f"{field}:none" if value is None else f"{field}:{quoted(value)}"


def without_field(query: Query, field: PivotField) -> Query:
    """The terms of other fields, and those that are negated."""
    return Query(tuple(term for term in query.terms if not term.text.lower().startswith(f"{field}:")))


def without_last(query: Query) -> Query:
    """The last term taken away."""
    return Query(query.terms[:-1])


def with_last_negated(query: Query, now: datetime) -> Query:
    """The last term turned around."""
    if not query.terms:
        return EVERYTHING
    *kept, last = (term.text for term in query.terms)
    turned = last[1:] if last[0] in "!-" else f"!{last}"
    return parse_query(" ".join((*kept, turned)), now=now)


def typable(query: Query) -> tuple[str, list[str]]:
    """The filter's text for a line to type in, and the terms that cannot stand there.

    A name that was pivoted on may hold characters that act on a terminal: a line that is edited would have to show
    them as they are.
    """
    texts = [term.text for term in query.terms]
    plain = [text for text in texts if visible(text) == text]
    return " ".join(plain), [text for text in texts if visible(text) != text]


def quoted(value: str) -> str:
    """A value as the filter language takes it literally."""
    plain = value and not any(char.isspace() or char in '",*\\\\' for char in value) and value != "none"
    return value if plain else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

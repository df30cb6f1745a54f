"""Moments on the command line, as the filter language writes them."""

from __future__ import annotations

from datetime import datetime

import click

from dezky_audit_tui.errors import QueryError
from dezky_audit_tui.model.instants import now
from dezky_audit_tui.model.query import Since
from dezky_audit_tui.model.query_parse import parse_query


def moment(_context: click.Context, _option: click.Parameter, value: str | None) -> datetime | None:
    """A time as the filter language writes it: `8h` (ago), `2026-11-24T08:00`."""
    if value is None:
        return None
    try:
        terms = parse_query(f"since:{value}", now=now()).terms
    except QueryError:
        terms = ()
    condition = terms[0].condition if len(terms) == 1 else None
    if not isinstance(condition, Since):
        raise click.BadParameter(
            f"{value!r} is no time; write 8h (s, m, h, d or w ago), 2026-11-24 or 2026-11-24T08:00"
        )
    return condition.at

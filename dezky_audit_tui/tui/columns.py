"""Which columns of the timeline stand at a width, and how wide. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ColumnName = Literal["time", "mark", "verb", "tenant", "actor", "address", "what"]

GUTTER = 3
"""Cells before the first column: cursor, flag, and a blank."""

_VERB, _PREFIX = 22, 10
_WHAT_LEAST = 24


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its width in cells, without the blanks behind it."""

    name: ColumnName
    width: int
    gap: int = 2


def lay_out(width: int, *, prefixed: bool) -> tuple[Column, ...]:
    """The columns for `width` cells. They give way from the right: what, address, tenant; time, verb and actor stay.

    `prefixed`: verbs are shown with their source's prefix, which needs room.
    """
    verb = _VERB + (_PREFIX if prefixed else 0)
    free = width - GUTTER
    wide = free >= 8 + 2 + 2 + verb + 2 + 12 + 2 + 20 + 2 + 15 + 2 + 30
    gap = 2 if wide else 1
    tenant_width, actor_width, address_width = (12, 20, 15) if wide else (10, 14, 15)
    base = 8 + gap + 2 + verb + gap
    tenant = base + tenant_width + gap + actor_width <= free
    address = tenant and base + tenant_width + gap + actor_width + gap + address_width <= free
    used = base + (tenant_width + gap if tenant else 0) + actor_width + (gap + address_width if address else 0)
    what = free - used - gap
    has_what = address and what >= _WHAT_LEAST
    spare = 0 if has_what else max(0, free - used)
    verb -= max(0, used - free) if not tenant else 0
    actor_width += min(spare, 18)
    if has_what and what > 60:
        # Long names and IPv6 addresses profit before the words do.
        more = min(24, what - 60)
        address_width += min(more, 10)
        actor_width += max(0, more - 10)
        what -= more
    columns = [Column("time", 8, gap), Column("mark", 1, 1), Column("verb", max(verb, 12), gap)]
    if tenant:
        columns.append(Column("tenant", tenant_width, gap))
    columns.append(Column("actor", actor_width, gap))
    if address:
        columns.append(Column("address", address_width, gap))
    if has_what:
        columns.append(Column("what", what, 0))
    return tuple(columns)

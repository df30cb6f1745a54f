"""Which columns of the timeline stand at a width, and how wide. Pure."""

from __future__ import annotations

from typing import Literal, NamedTuple

ColumnName = Literal["time", "mark", "verb", "tenant", "actor", "address", "what"]

GUTTER = 3
"""Cells before the first column: cursor, flag, and a blank."""

_TIME, _MARK = 8, 1
_VERB, _PREFIX = 22, 10
_TENANT, _ACTOR, _ADDRESS, _WHAT = 10, 14, 15, 24
"""The least that is of use."""

_GROWTH: tuple[tuple[ColumnName, int], ...] = (
    ("actor", 20),
    ("what", 34),
    ("tenant", 12),
    ("actor", 28),
    ("what", 56),
    ("address", 24),
    ("actor", 36),
    ("tenant", 18),
    ("what", 1000),
)
"""Who gets what is left over, in turn, and up to which width."""


class Column(NamedTuple):
    """One column: its width in cells, and the blanks behind it."""

    name: ColumnName
    width: int
    gap: int = 1


def lay_out(width: int, *, prefixed: bool) -> tuple[Column, ...]:
    """The columns for `width` cells. They give way from the right: what, address, tenant; time, verb and actor stay.

    `prefixed`: verbs are shown with their source's prefix, which needs room.
    """
    verb = _VERB + (_PREFIX if prefixed else 0)
    widths: dict[ColumnName, int] = {"time": _TIME, "mark": _MARK, "verb": verb}
    widths |= {"tenant": _TENANT, "actor": _ACTOR, "address": _ADDRESS, "what": _WHAT}
    free = width - GUTTER
    leaving: tuple[ColumnName, ...] = ("what", "address", "tenant")
    for name in leaving:
        if _taken(widths) <= free:
            break
        del widths[name]
    spare = free - _taken(widths)
    if spare < 0:
        widths["verb"] = max(_WHAT // 2, verb + spare)
        spare = 0
    for name, most in _GROWTH:
        if name in widths and widths[name] < most:
            more = min(spare, most - widths[name])
            widths[name] += more
            spare -= more
    last = next(reversed(widths))
    return tuple(Column(name, cells, 0 if name == last else 1) for name, cells in widths.items())


def _taken(widths: dict[ColumnName, int]) -> int:
    return sum(widths.values()) + len(widths) - 1

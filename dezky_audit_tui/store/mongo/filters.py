"""Filters of MongoDB, put together. Every value stands behind an operator of ours: none is ever read as one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dezky_audit_tui.model.query import Pattern
from dezky_audit_tui.store.mongo.anycase import END, START
from dezky_audit_tui.text import clean

Filter = dict[str, Any]

ALWAYS: Filter = {}
NEVER: Filter = {"_id": {"$in": []}}
_LAST_BEFORE_SURROGATES, _FIRST_AFTER, _LAST = 0xD7FF, 0xE000, 0x10FFFF


@dataclass(frozen=True, slots=True)
class Cond:
    """A condition on documents of any shape. Rows that fit `sure` match; rows that do not fit `maybe` do not.

    Between the two, the plain rule decides on the event that the document is read as; all such rows fit `unsure`.
    """

    sure: Filter
    maybe: Filter
    unsure: Filter

    def __invert__(self) -> Cond:
        return Cond(none_of(self.maybe), none_of(self.sure), self.unsure)

    def beside(self, rows: Filter) -> Cond:
        """The same, but of those rows the plain rule decides."""
        return Cond(all_of([self.sure, none_of(rows)]), any_of([self.maybe, rows]), any_of([self.unsure, rows]))


def exact(where: Filter) -> Cond:
    """A condition that the server decides alone."""
    return Cond(where, where, NEVER)


def every(conditions: Sequence[Cond]) -> Cond:
    """All of them."""
    return Cond(
        all_of(each.sure for each in conditions),
        all_of(each.maybe for each in conditions),
        any_of(each.unsure for each in conditions),
    )


def some(conditions: Sequence[Cond]) -> Cond:
    """Any of them."""
    return Cond(
        any_of(each.sure for each in conditions),
        any_of(each.maybe for each in conditions),
        any_of(each.unsure for each in conditions),
    )


def all_of(filters: Iterable[Filter]) -> Filter:
    """All of them."""
    kept: list[Filter] = []
    for each in filters:
        if each == NEVER:
            return NEVER
        if each and each not in kept:
            kept.append(each)
    return {"$and": kept} if len(kept) > 1 else kept[0] if kept else ALWAYS


def any_of(filters: Iterable[Filter]) -> Filter:
    """Any of them."""
    kept: list[Filter] = []
    for each in filters:
        if not each:
            return ALWAYS
        if each != NEVER and each not in kept:
            kept.append(each)
    return {"$or": kept} if len(kept) > 1 else kept[0] if kept else NEVER


def none_of(where: Filter) -> Filter:
    """Where it does not hold."""
    if where == NEVER:
        return ALWAYS
    return {"$nor": [where]} if where else NEVER


def is_none(path: str) -> Filter:
    """No value, or null."""
    return {path: {"$eq": None}}


def among(path: str, values: Sequence[str | None]) -> Filter:
    """One of the values."""
    return {path: {"$in": list(values)}} if values else NEVER


def found(path: str, expression: str) -> Filter:
    """A text in which the expression, which this program made, finds something."""
    return {path: {"$regex": expression}}


def fits(path: str, pattern: Pattern) -> Filter:
    """A text that the pattern fits as a whole, its case counting."""
    text = clean(pattern.text)
    if not (pattern.open_start or pattern.open_end):
        return {path: {"$eq": text}}
    if not text:
        return {path: {"$type": "string"}}
    if not pattern.open_start:
        end = _after(text)
        return {path: {"$gte": text, "$lt": end} if end else {"$gte": text, "$type": "string"}}
    return found(path, re.escape(text) + ("" if pattern.open_end else END))


def tail_fits(path: str, pattern: Pattern) -> Filter:
    """A text whose part behind its last dot the pattern fits. For patterns without a dot."""
    body = re.escape(clean(pattern.text))
    start = r"\.[^.]*" if pattern.open_start else r"\."
    end = rf"[^.]*{END}" if pattern.open_end else END
    return found(path, f"(?:{START}|{start}){body}{end}" if pattern.open_start else f"{start}{body}{end}")


def _after(text: str) -> str | None:
    """The lowest text above all that begin with `text`; None where there is none."""
    while text:
        code = ord(text[-1])
        if code < _LAST:
            return text[:-1] + chr(_FIRST_AFTER if code == _LAST_BEFORE_SURROGATES else code + 1)
        text = text[:-1]
    return None

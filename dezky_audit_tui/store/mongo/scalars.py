"""Names that are no text in BSON: an ObjectId, a number, a date. They are shown as text, so filters have to find them.

Which ones can hold what is sought is told by the characters that their texts are made of: ids are common in rows of
other writers, and need not be looked at for a word that no id can hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from bson import Binary, DatetimeMS, Decimal128, ObjectId

from dezky_audit_tui.model.instants import parse_instant, to_ms
from dezky_audit_tui.store.mongo.filters import Filter, any_of, is_none
from dezky_audit_tui.store.mongo.values import text

_HEX = frozenset("0123456789abcdef")
_NUMBER = frozenset("0123456789+-.einfaty")
_MOMENT = frozenset("0123456789-:.tz")

# Type by its name in a query: the characters of its text, folded (see `values.text`).
_LETTERS: Mapping[str, frozenset[str]] = {
    "objectId": _HEX,
    "binData": _HEX | {"-", "…"},
    **dict.fromkeys(("int", "long", "double", "decimal"), _NUMBER),
    "bool": frozenset("truefals"),
    "date": _MOMENT,
    "timestamp": _MOMENT,
}
_ANY_TEXT = ("regex", "javascript", "javascriptWithScope", "symbol", "minKey", "maxKey")
_CONTAINERS = ("array", "object")
PRESENT = ("string", *_LETTERS, *_ANY_TEXT, "object")
"""All types but null and the list, which stands in an index by its values."""
_INT64 = range(-(1 << 63), 1 << 63)


def alike(shown: str) -> list[Any]:
    """The values of the usual types that are shown as that text; the text itself is the first."""
    made: list[Any] = []
    if ObjectId.is_valid(shown):
        made.append(ObjectId(shown))
    for make in (int, float, Decimal128, _moment, _uuid):
        try:
            made.append(make(shown))
        except (ValueError, ArithmeticError):
            continue
    made += [True, False]
    sound = (each for each in made if not isinstance(each, int) or each in _INT64)
    return [shown, *(each for each in sound if text(each) == shown)]


def valueless(path: str) -> Filter:
    """Rows where no value can be read at `path` of those where a list stands for its first one."""
    return any_of([{path: {"$in": [None, []]}}, {path: {"$type": "object"}}])


def holding(path: str, sought: str) -> Filter:
    """Rows whose value at `path` is no text, and may be shown as one that holds the folded text `sought`."""
    letters = set(sought)
    return {path: {"$type": [*(name for name, own in _LETTERS.items() if letters <= own), *_ANY_TEXT]}}


def listed(paths: Iterable[str]) -> Filter:
    """Rows with a list on the way to one of the paths: a condition looks into it, and reading does not."""
    places = dict.fromkeys(place for path in paths for place in (path.partition(".")[0], path))
    return any_of({place: {"$type": "array"}} for place in places)


def nameless(path: str) -> Filter:
    """Rows that have no name at `path`: nothing, or a list or a document, in which the names would be."""
    head = path.partition(".")[0]
    return any_of([is_none(path), {path: {"$type": list(_CONTAINERS)}}, {head: {"$type": "array"}}])


def _moment(shown: str) -> DatetimeMS:
    return DatetimeMS(to_ms(parse_instant(shown)))


def _uuid(shown: str) -> Binary:
    return Binary(UUID(shown).bytes, 4)

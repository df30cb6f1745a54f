"""BSON values as text and as plain JSON: any type, any depth, any size, and never an error."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeGuard
from uuid import UUID

from bson import Binary, Code, DatetimeMS, Decimal128, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.dbref import DBRef

from dezky_audit_tui.model.instants import from_ms, instant_text
from dezky_audit_tui.text import NAME_LIMIT, clean, cut

_DEPTH = 40
_SHOWN_BYTES = 256
_MORE = "…"
_EXACT_FLOATS = 2**53
_EARLIEST, _LATEST = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)
_MS_OF = (int(_EARLIEST.timestamp()) * 1_000, int(_LATEST.timestamp()) * 1_000)
"""A time zone moves a moment by hours: the years at the ends are left out, so that none falls off."""


class Room:
    """Bytes that are left for what is shown. What does not fit is cut, and `full` says so."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self.full = False

    def take(self, size: int) -> bool:
        """Whether there was room for it."""
        if size > self._left:
            self.full = True
            return False
        self._left -= size
        return True


def instant(milliseconds: int) -> datetime:
    """A BSON date as a moment; those beyond Python's years as the nearest that can be shown."""
    return from_ms(min(max(milliseconds, _MS_OF[0]), _MS_OF[1]))


def first(value: object) -> object:
    """Where one value belongs and a list stands, its first one; None of an empty list."""
    if not isinstance(value, list):
        return value
    return value[0] if value else None


def is_text(value: object) -> TypeGuard[str]:
    """Whether it is a text, and not Code, which is one for Python alone, and which no set takes."""
    return isinstance(value, str) and not isinstance(value, Code)


def text(value: object) -> str | None:
    """A value of any type as a name: at most 1,024 characters; None where there is none."""
    if value is None:
        return None
    if isinstance(value, str):
        # Of Code, too: see `is_text`.
        return cut(clean(str(value)))[0]
    shown = plain(value, Room(4 * NAME_LIMIT))
    if isinstance(shown, float) and shown.is_integer() and abs(shown) < _EXACT_FLOATS:
        # JavaScript knows no other numbers: 4711 is one to whoever wrote it.
        shown = int(shown)
    if not isinstance(shown, str):
        shown = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
    return cut(shown)[0]


def plain(value: Any, room: Room, depth: int = 0) -> Any:
    """The value as what JSON has: dicts with text keys, lists, text, numbers, truth values and None."""
    match value:
        case None | bool():
            return value
        case str():
            return _string(clean(str(value)), room)
        case int():
            return int(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case DBRef():
            return plain(value.as_doc(), room, depth)
        case Mapping():
            return _MORE if depth >= _DEPTH else _mapping(value, room, depth)
        case list() | tuple():
            return _MORE if depth >= _DEPTH else _list(value, room, depth)
    return _string(clean(_scalar(value)), room)


def _mapping(value: Mapping[Any, Any], room: Room, depth: int) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for key, each in value.items():
        name = clean(str(key))
        if not room.take(len(name) + 6):
            break
        shown[name] = plain(each, room, depth + 1)
    return shown


def _list(value: list[Any] | tuple[Any, ...], room: Room, depth: int) -> list[Any]:
    shown: list[Any] = []
    for each in value:
        if not room.take(4):
            break
        shown.append(plain(each, room, depth + 1))
    return shown


def _string(value: str, room: Room) -> str:
    if room.take(len(value)):
        return value
    kept = value[:NAME_LIMIT]
    return f"{kept}{_MORE}" if room.take(len(kept)) else _MORE


def _scalar(value: Any) -> str:
    match value:
        case datetime():
            return instant_text(value)
        case DatetimeMS():
            return instant_text(instant(int(value)))
        case ObjectId() | UUID() | Decimal128():
            return str(value)
        case Binary() if value.subtype in (3, 4) and len(value) == 16:
            return str(UUID(bytes=bytes(value)))
        case bytes():
            return value[:_SHOWN_BYTES].hex() + (_MORE if len(value) > _SHOWN_BYTES else "")
        case Timestamp():
            return instant_text(instant(value.time * 1_000))
        case Regex():
            return f"/{value.pattern!s}/"
        case Code():
            return str(value)
        case MinKey() | MaxKey():
            return type(value).__name__
    return f"({type(value).__name__})"

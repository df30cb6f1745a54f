"""Replies as JSON, whatever came: read fast where it is sound, and what cannot be read told apart from what can.

Authentik writes sound JSON, but contexts are filled by anybody: nesting beyond Python's stack, numbers of 5,000
digits, lone surrogates and NaN must cost at most the one item that holds them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeGuard

from pydantic_core import from_json

from dezky_audit_tui.errors import SourceGarbled

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},]', re.DOTALL)
_LEADING_PK = re.compile(r'\{\s*"pk"\s*:\s*"([^"\\]{1,100})"')
_RESULTS = re.compile(r'"results"\s*:\s*\[')
_LONGEST_NUMBER = 300
_WRONG_URL = "is AUTHENTIK_URL the address of Authentik, without /api/v3?"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands for an item that cannot be read: why, without any of its values, and what tells it from others.

    `created`: that text of it, where it can be found without reading the whole.
    """

    reason: str
    key: str
    created: str | None = None


def is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether `value` is a JSON object."""
    return isinstance(value, dict)


def read_object(body: bytes) -> Mapping[str, Any]:
    """The body of a reply as a JSON object.

    A list of `results` with an item that Python cannot hold comes back with `Unreadable` in that item's place.
    Raises SourceGarbled, saying what came instead.
    """
    try:
        # A third faster than Python's own, which is asked wherever this one is in doubt: it takes less, and what it
        # takes it reads alike.
        data = from_json(body, allow_inf_nan=False)
    except ValueError:
        data = _read_odd(body)
    if not is_object(data):
        raise SourceGarbled(f"a JSON {kind_of(data)} came back instead of an object: {_WRONG_URL}")
    return data


def kind_of(value: object) -> str:
    """JSON's name for the type of `value`."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case dict():
            return "object"
        case list():
            return "list"
    return "value"


def _read_odd(body: bytes) -> Any:
    """As `read_object`, of what is no sound JSON: as much of it as can be read."""
    text = body.decode("utf-8", errors="replace").lstrip("\ufeff \t\r\n")
    if not text:
        raise SourceGarbled(f"Authentik's reply is empty: {_WRONG_URL}")
    if text.startswith("<"):
        raise SourceGarbled(f"HTML instead of JSON came back: {_WRONG_URL}")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise _not_json(text, error, len(body)) from None
    except (RecursionError, ValueError):
        return _piecewise(text)


def _not_json(text: str, error: json.JSONDecodeError, size: int) -> SourceGarbled:
    whole = text.rstrip()
    begun = whole.lstrip()[:1] in ("{", "[")
    if begun and (error.pos >= len(whole) or error.msg.startswith("Unterminated string") or whole[-1] not in "}]"):
        return SourceGarbled(f"the JSON was cut after {size:,} bytes; a proxy or the connection broke off")
    return SourceGarbled(f"what came back is no JSON (it goes wrong at character {error.pos:,}): {_WRONG_URL}")


def _piecewise(text: str) -> Any:
    """As `json.loads`, item by item of the list of `results`: the items that fail are `Unreadable`."""
    found = _RESULTS.search(text)
    if found is None:
        raise SourceGarbled(f"what came back is nested too deeply, or holds a number too long: {_WRONG_URL}")
    pieces: list[Any] = []
    end = found.end()
    for start, end in _items(text, found.end()):
        if piece := text[start:end].strip():
            pieces.append(_piece(piece))
    rest = text[: found.end()] + text[end:]
    try:
        data = json.loads(rest, parse_int=_int)
    except (RecursionError, ValueError):
        raise SourceGarbled("what surrounds the list of events cannot be read as JSON") from None
    if is_object(data):
        return {**data, "results": pieces}
    return data


def _items(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Where the items of a list lie whose bracket was opened before `start`, the last one's end included."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        match token.group()[0]:
            case "[" | "{":
                depth += 1
            case "]" | "}" if depth == 0:
                yield start, token.start()
                return
            case "]" | "}":
                depth -= 1
            case "," if depth == 0:
                yield start, token.start()
                start = token.end()
    raise SourceGarbled(f"the JSON was cut after {len(text):,} characters; a proxy or the connection broke off")


def _piece(text: str) -> Any:
    try:
        return json.loads(text, parse_int=_int)
    except RecursionError:
        return Unreadable("nested too deeply", _key(text), _own_text(text, "created"))
    except ValueError:
        return Unreadable("no JSON", _key(text), _own_text(text, "created"))


def _key(text: str) -> str:
    """The pk, which Authentik writes first; else a digest of the whole."""
    leading = _LEADING_PK.match(text)
    return leading[1].lower() if leading else digest(text)


def _own_text(text: str, name: str) -> str | None:
    """The text under `name` in the object that `text` holds; what stands deeper inside never counts."""
    depth, end, is_next = 0, 0, False
    for token in _TOKEN.finditer(text):
        found = token.group()
        if found in ("[", "{"):
            depth += 1
        elif found in ("]", "}"):
            depth -= 1
        elif depth == 1 and found != ",":
            if is_next and text[end : token.start()].strip() == ":":
                return found[1:-1] if "\\" not in found else None
            is_next = found == f'"{name}"'
        end = token.end()
    return None


def digest(text: str) -> str:
    """A short name for `text`, the same for the same text."""
    return "digest:" + sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _int(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits[:_LONGEST_NUMBER]

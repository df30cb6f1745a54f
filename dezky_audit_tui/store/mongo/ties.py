"""Any BSON value as a text that sorts as MongoDB sorts the value, and back: the tie-breaker of a row's place.

The first character is the rank of the value's type in MongoDB's order of types. Numbers of every type compare by
value, strings and binaries by their bytes, compound values field by field.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Context, Decimal
from typing import Any
from uuid import UUID

import bson
from bson import Binary, Code, DatetimeMS, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.dbref import DBRef

from dezky_audit_tui.model.instants import to_ms

LOWEST, HIGHEST = "", "\U0010ffff"
"""Below and above every tie."""

(MIN, NULL, NUMBER, STRING, OBJECT, ARRAY, BINARY, OBJECT_ID, BOOL, DATE, TIMESTAMP, REGEX, CODE, SCOPED, MAX) = (
    "0123456789abcdz"
)
"""The ranks, in MongoDB's order."""

RANK_TYPES = {
    MIN: ("minKey",),
    NULL: ("null",),
    NUMBER: ("double", "int", "long", "decimal"),
    STRING: ("string", "symbol"),
    OBJECT: ("object",),
    ARRAY: ("array",),
    BINARY: ("binData",),
    OBJECT_ID: ("objectId",),
    BOOL: ("bool",),
    DATE: ("date",),
    TIMESTAMP: ("timestamp",),
    REGEX: ("regex",),
    CODE: ("javascript",),
    SCOPED: ("javascriptWithScope",),
    MAX: ("maxKey",),
}
"""The names for `$type` of each rank."""

_BIAS = 1 << 63
_EXPONENT_BIAS = 10_000
_EXACT = Context(prec=2_000)
_END, _ESCAPED_NUL = "\x00\x00", "\x00\x01"
_INVERTED = str.maketrans("0123456789", "9876543210")


def tie_of(value: Any) -> str:
    """The text. Values of types that cannot be an `_id` are ranked, but need not come back."""
    match value:
        case None:
            return NULL
        case bool():
            return BOOL + ("t" if value else "f")
        case int() | float() | Decimal128():
            return NUMBER + _number(value)
        case Code():
            return CODE + value if value.scope is None else SCOPED + bson.encode({"": value}).hex()
        case str():
            return STRING + value
        case ObjectId():
            return OBJECT_ID + str(value)
        case UUID():
            return _binary(4, value.bytes)
        case Binary():
            return _binary(value.subtype, value)
        case bytes():
            return _binary(0, value)
        case datetime():
            return DATE + _biased(to_ms(value))
        case DatetimeMS():
            return DATE + _biased(int(value))
        case Timestamp():
            return f"{TIMESTAMP}{value.time:010d}{value.inc:010d}"
        case DBRef():
            return tie_of(value.as_doc())
        case dict():
            return OBJECT + _compound(value) + "\x00" + bson.encode({"": value}).hex()
        case list() | tuple():
            return ARRAY + _compound(dict(enumerate(value)))
        case MinKey():
            return MIN
        case MaxKey():
            return MAX
        case Regex():
            return REGEX + str(value.pattern)
    return STRING + str(value)


def value_of(tie: str) -> Any:
    """The value that `tie` was made of. Raises ValueError where it was made of none that can be an `_id`."""
    rank, rest = tie[:1], tie[1:]
    if rank == OBJECT_ID:
        try:
            return ObjectId(rest)
        except bson.errors.InvalidId as error:
            raise ValueError("no ObjectId") from error
    if rank == STRING:
        return rest
    if rank == NUMBER:
        return _number_back(rest)
    if rank == BINARY:
        return Binary(bytes.fromhex(rest[10:]), int(rest[8:10], 16))
    if rank == DATE:
        return DatetimeMS(int(rest) - _BIAS)
    if rank == OBJECT:
        return bson.decode(bytes.fromhex(rest.rpartition("\x00")[2]))[""]
    if rank == CODE:
        return Code(rest)
    if rank == SCOPED:
        return bson.decode(bytes.fromhex(rest))[""]
    if rank == TIMESTAMP:
        return Timestamp(int(rest[:10]), int(rest[10:]))
    if rank == BOOL:
        return rest == "t"
    simple = {NULL: None, MIN: MinKey(), MAX: MaxKey()}
    if rank in simple:
        return simple[rank]
    raise ValueError("no tie of an `_id`")


def _number(value: float | Int64 | Decimal128) -> str:
    """NaN, then by value. A letter at the end tells the type; two equal numbers are one `_id`."""
    kind = "i" if isinstance(value, int) else "f" if isinstance(value, float) else "d"
    exact = value.to_decimal() if isinstance(value, Decimal128) else Decimal(value)
    return f"{_ordered(exact)} {kind}"


def _ordered(value: Decimal) -> str:
    if value.is_nan():
        return "a"
    if value.is_infinite():
        return "b" if value < 0 else "f"
    if not value:
        return "d"
    digits = "".join(map(str, value.as_tuple().digits)).rstrip("0")
    exponent = value.adjusted()
    if value > 0:
        return f"e{exponent + _EXPONENT_BIAS:05d}{digits}"
    # A longer mantissa of a negative number is the lower one: what ends it has to sort above every digit.
    return f"c{_EXPONENT_BIAS - exponent:05d}{digits.translate(_INVERTED)}~"


def _number_back(text: str) -> Any:
    ordered, _, kind = text.partition(" ")
    sign, exponent, digits = ordered[:1], ordered[1:6], ordered[6:]
    match sign:
        case "a":
            exact = Decimal("NaN")
        case "b" | "f":
            exact = Decimal("-Infinity" if sign == "b" else "Infinity")
        case "d":
            exact = Decimal(0)
        case "e":
            exact = _scaled(digits, int(exponent) - _EXPONENT_BIAS)
        case "c":
            exact = _scaled(digits.removesuffix("~").translate(_INVERTED), _EXPONENT_BIAS - int(exponent)).copy_negate()
        case _:
            raise ValueError("no number")
    if kind == "i":
        return int(exact)
    return float(exact) if kind == "f" else Decimal128(exact)


def _scaled(digits: str, exponent: int) -> Decimal:
    return Decimal(int(digits)).scaleb(exponent - len(digits) + 1, _EXACT)


def _binary(subtype: int, data: bytes) -> str:
    return f"{BINARY}{len(data):08x}{subtype:02x}{data.hex()}"


def _biased(number: int) -> str:
    return f"{number + _BIAS:020d}"


def _compound(value: dict[Any, Any]) -> str:
    parts = []
    for name, each in value.items():
        tie = tie_of(each)
        parts.append(tie[:1] + _ended(str(name)) + _ended(tie[1:]))
    return "".join(parts)


def _ended(text: str) -> str:
    return text.replace("\x00", _ESCAPED_NUL) + _END

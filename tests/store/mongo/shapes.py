"""Documents as other writers may make them: any keys, any BSON types, any nesting."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bson import Binary, Code, DatetimeMS, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.dbref import DBRef
from hypothesis import strategies as st

from dezky_audit_tui.model.instants import from_ms

MOMENTS = st.integers(0, 4_000_000_000_000).map(from_ms)
_KEYS = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=8)
_STRINGS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
TEXTS = st.sampled_from(
    ["ana", "Ana Lund", "ANA", "acme", "", "login", "authentik.login", "203.0.113.1", "é", "\x1b[31m"]
)
OBJECT_IDS = st.builds(
    lambda second, rest: ObjectId(second.to_bytes(4, "big") + rest.to_bytes(8, "big")),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**64 - 1),
)
DECIMALS = st.builds(
    lambda digits, exponent: Decimal128(Decimal(digits).scaleb(exponent)),
    st.integers(-(10**33), 10**33),
    st.integers(-400, 400),
)
NUMBERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(Int64),
    st.integers(-5, 5),
    st.floats(),
    DECIMALS,
    st.sampled_from([Decimal128("NaN"), Decimal128("Infinity"), Decimal128("-0"), Decimal128("0.10"), 0.1, -0.0]),
)
BINARIES = st.builds(Binary, st.binary(max_size=20), st.sampled_from([0, 4, 128]))
_SAME_SIZE = st.builds(Binary, st.binary(min_size=3, max_size=3))
_OTHER_IDS = st.one_of(
    OBJECT_IDS,
    _STRINGS,
    st.booleans(),
    MOMENTS,
    st.builds(Timestamp, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    st.dictionaries(st.sampled_from("abc"), st.one_of(st.integers(-3, 3), TEXTS, OBJECT_IDS), min_size=1, max_size=3),
    st.just(None),
)
IDS = _OTHER_IDS | NUMBERS | BINARIES | st.builds(Code, _STRINGS, st.none() | st.just({"x": 1}))
COMMON_IDS = (
    _OTHER_IDS | _SAME_SIZE | st.integers(-(2**40), 2**40) | st.integers(-99, 99).map(lambda number: number / 4)
)
"""The test's server keeps the lowest and the highest numbers apart only roughly. It sorts binaries by length and bytes,
as MongoDB does, but its `$lt` and `$gt` go by the bytes alone: so those here are of one length."""
NEAR_SCALARS = st.one_of(
    TEXTS,
    _STRINGS,
    NUMBERS,
    BINARIES,
    st.booleans(),
    st.none(),
    MOMENTS,
    OBJECT_IDS,
    st.sampled_from(
        [
            Regex("a.*", "i"),
            Code("function () {}"),
            Code("f", {"x": 1}),
            MinKey(),
            MaxKey(),
            Timestamp(1, 2),
            Binary(b"\x00" * 16, 3),
            "x" * 5_000,
            b"\x00" * 5_000,
        ]
    ),
)
NAMES = st.sampled_from(
    [
        *("at", "createdAt", "timestamp", "recordedAt", "updatedAt"),
        *("action", "verb", "event", "type", "outcome", "source", "externalId", "tenantSlug", "tenantWhy"),
        *("actor", "actorId", "actorName", "actorEmail", "actorIp", "user", "username", "ip"),
        *(
            "target",
            "targetId",
            "targetName",
            "targetType",
            "resource",
            "onBehalfOf",
            "metadata",
            "__v",
            "extra",
            "$odd",
        ),
    ]
)


def documents(scalars: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """With values of these kinds, and lists and documents of them."""
    values = st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
        max_leaves=8,
    )
    return st.dictionaries(NAMES, values, max_size=10)


NEAR_DOCUMENTS = documents(NEAR_SCALARS)
"""Those that the test's server takes: it knows no dates beyond Python's years, and cannot index a reference."""
DOCUMENTS = documents(NEAR_SCALARS | st.sampled_from([DBRef("users", 7), DatetimeMS(-(2**62)), DatetimeMS(2**62)]))


def platform_rows() -> st.SearchStrategy[dict[str, Any]]:
    """Rows as a service of the platform may well write them: known words in other places."""
    person = st.fixed_dictionaries(
        {}, optional={"id": TEXTS, "name": TEXTS, "email": TEXTS, "ip": st.just("203.0.113.1")}
    )
    moment = st.one_of(MOMENTS, MOMENTS.map(lambda at: at.isoformat()), MOMENTS.map(lambda at: at.timestamp() * 1_000))
    return st.fixed_dictionaries(
        {},
        optional={
            "_id": OBJECT_IDS | TEXTS | st.integers(0, 9),
            "at": moment | st.none(),
            "createdAt": MOMENTS,
            "action": TEXTS,
            "verb": TEXTS,
            "event": TEXTS,
            "source": st.sampled_from(["platform", "mailboxes"]),
            "outcome": st.sampled_from(["success", "failure", "odd"]),
            "actor": person | TEXTS,
            "actorName": TEXTS,
            "userEmail": TEXTS,
            "ip": st.sampled_from(["203.0.113.1", "::ffff:203.0.113.1", "10.0.0.1"]),
            "target": TEXTS | person,
            "targetName": TEXTS,
            "tenantSlug": TEXTS,
            "onBehalfOf": person | TEXTS,
            "metadata": st.fixed_dictionaries({}, optional={"unmapped": st.booleans()}),
        },
    )

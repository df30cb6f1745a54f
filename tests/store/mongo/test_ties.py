"""The tie-breaker of a row's place sorts as the server sorts `_id`, and leads back to it."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from bson import Code, Decimal128, ObjectId
from hypothesis import given, settings
from hypothesis import strategies as st
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from dezky_audit_tui.store.mongo.ties import tie_of, value_of
from dezky_audit_tui.store.store import Store
from tests.effort import costly
from tests.store.mongo.shapes import COMMON_IDS, IDS, MOMENTS, NUMBERS
from tests.store.samples import NOON, walk_down, walk_up

Platform = Database[dict[str, Any]]


@given(st.lists(IDS, max_size=8))
@settings(max_examples=150, deadline=None)
def test_a_tie_leads_back_to_its_value(ids: list[Any]) -> None:
    for each in ids:
        back = value_of(tie_of(each))
        assert tie_of(back) == tie_of(each)
        if isinstance(each, (str, bool, int, ObjectId)):
            assert (back, isinstance(back, Code)) == (each, isinstance(each, Code))


@given(st.lists(NUMBERS, min_size=2, max_size=6))
@settings(max_examples=150, deadline=None)
def test_numbers_of_all_types_are_sorted_by_value(numbers: list[Any]) -> None:
    finite = [each for each in numbers if _exact(each) is not None]
    by_tie = [_exact(each) for each in sorted(finite, key=tie_of)]
    assert by_tie == sorted(filter(lambda each: each is not None, by_tie))  # type: ignore[type-var]  # none is None
    ties = [tie_of(each) for each in (float("nan"), float("-inf"), *sorted(finite, key=tie_of), float("inf"))]
    assert ties == sorted(ties)


@pytest.mark.parametrize("tie", ["", "7", "7xyz", "\U0010ffff", "q", "5"])
def test_what_is_no_tie_leads_nowhere(tie: str) -> None:
    with pytest.raises(ValueError, match="no"):
        value_of(tie)


@given(
    moments=st.lists(MOMENTS | st.just(None), min_size=1, max_size=3),
    ids=st.lists(COMMON_IDS, max_size=14),
    data=st.data(),
)
@costly(10)
async def test_pages_of_any_ids_come_in_the_order_of_their_places(
    store: Store, platform: Platform, moments: list[Any], ids: list[Any], data: st.DataObject
) -> None:
    platform.auditevents.delete_many({})
    for each in ids:
        with suppress(DuplicateKeyError):
            platform.auditevents.insert_one({"_id": each, "at": data.draw(st.sampled_from(moments))})
    page = data.draw(st.integers(1, 4))
    down = await walk_down(store, "", page)
    assert len(down) == platform.auditevents.count_documents({})
    positions = [row.position for row in down]
    assert positions == sorted(positions, reverse=True)
    assert await walk_up(store, "", page) == down[::-1]
    for row in down:
        assert await store.get(row.position) == row


async def test_ids_of_one_type_are_sorted_as_the_server_sorts_them(platform: Platform) -> None:
    ids = [
        *(-1.5, -2, -10, 0, 3, 2.5, 1e30, -1e30, 1234567890123, 0.1, 0.25, 100, 99),
        *("a", "ab", "A", "é", "\U0001f600", "", "a\x00b", "a\x01"),
        *(b"", b"\xff", b"\x00\x00"),
        *({"a": 1}, {"a": 1, "b": 1}, {"a": 2}, {"b": 0}, {"a": "x"}, {"a": 10}, {"a": {"b": 1}}),
        *(True, False, None, NOON, ObjectId()),
    ]
    platform.things.insert_many([{"_id": each} for each in ids])
    found = [tie_of(each["_id"]) for each in platform.things.find(sort=[("_id", 1)])]
    assert found == sorted(found)
    assert len(found) == len(ids)


def _exact(number: Any) -> Fraction | None:
    """The number itself; None where it has no end or is none."""
    value = number.to_decimal() if isinstance(number, Decimal128) else Decimal(number)
    return Fraction(value) if value.is_finite() else None

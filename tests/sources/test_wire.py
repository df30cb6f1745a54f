"""Pages as they come over the wire: what must be right, and all that may be wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dezky_audit_tui.errors import SourceGarbled
from dezky_audit_tui.sources.authentik.jsons import read_object
from dezky_audit_tui.sources.authentik.wire import EventPage, PlaceOnly, read_page
from tests.sources.replies import SEEN_AT, VERSIONS, all_recorded, changed, page, recorded, reply

LOGIN = recorded("2025.12.4", "login")[0]
FIELDS = ("pk", "created", "action", "app", "user", "context", "client_ip", "expires", "brand")
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


def read(data: object, number: int = 1) -> EventPage:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return read_page(body, page=number, seen_at=SEEN_AT)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["events_page1", "events_last_page", "events_page_size_500", "events_filter_empty"])
def test_recorded_pages_are_read_whole(version: str, name: str) -> None:
    body = reply(version, name)["body"]
    got = read(body, body["pagination"]["current"])
    assert [row.pk for row in got.rows] == [event["pk"] for event in body["results"]]
    assert [row.created for row in got.rows] == [event["created"] for event in body["results"]]
    assert {name: getattr(got.pagination, name) for name in body["pagination"]} == body["pagination"]
    assert got.set_aside == ()
    assert [row.mark.key for row in got.rows] == sorted((row.mark.key for row in got.rows), reverse=True)


def test_every_recorded_event_is_read() -> None:
    events = all_recorded()
    got = read(page(events))
    assert len(got.rows) == len(events) > 70
    assert all(row.action == event["action"] for row, event in zip(got.rows, events, strict=True))


def test_the_exact_text_of_created_and_its_microseconds_survive() -> None:
    got = read(
        page([changed(LOGIN, created="2026-11-24T03:25:45Z"), changed(LOGIN, created="2026-11-24T03:25:45.000001Z")])
    )
    assert [row.created for row in got.rows] == ["2026-11-24T03:25:45Z", "2026-11-24T03:25:45.000001Z"]
    assert (got.rows[1].mark.at - got.rows[0].mark.at).microseconds == 1


def test_a_pk_is_compared_in_lower_case() -> None:
    assert (
        read(page([changed(LOGIN, pk="AB5AE960-BB2A-4359-B2D8-E6D192F6319B")])).rows[0].mark.pk.startswith("ab5ae960")
    )


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (None, "a null instead of an object"),
        ("a text", "a string instead of an object"),
        ([LOGIN], "a list instead of an object"),
        ({}, "pk is missing; created is missing"),
        (changed(LOGIN, pk=None), "pk is a null, not a text"),
        (changed(LOGIN, pk=" "), "pk is empty, too long or holds characters that no id has"),
        (changed(LOGIN, pk="x" * 1000), "pk is empty, too long or holds characters that no id has"),
        (changed(LOGIN, pk="a\u0000b"), "pk is empty, too long or holds characters that no id has"),
        (changed(LOGIN, pk="a\ud800b"), "pk is empty, too long or holds characters that no id has"),
        (changed(LOGIN, created=5), "created is a number, not a text"),
        (changed(LOGIN, created="yesterday"), "created is no moment, or names no zone"),
        (changed(LOGIN, created="2026-11-24T03:25:45"), "created is no moment, or names no zone"),
        (changed(LOGIN, created="2026-11-24T03:25:45Z\u0000"), "created is no moment"),
        (changed(LOGIN, created="0001-01-01T00:00:00+05:00"), "lies outside of the years 1 to 9999"),
        (changed(LOGIN, created="9" * 100_000), "created is no moment"),
    ],
)
def test_an_item_that_cannot_be_read_is_set_aside_with_its_reason(item: object, reason: str) -> None:
    got = read(page([LOGIN, item, changed(LOGIN, pk="other")]))
    assert [row.pk for row in got.rows] == [LOGIN["pk"], "other"]
    assert got.offsets == (0, 2)
    assert got.last_index == 3
    (aside,) = got.set_aside
    assert reason in aside.reason
    assert aside.seen_at == SEEN_AT
    assert len(json.dumps([aside.key, aside.created, aside.action, aside.excerpt])) < 1_000


def test_what_is_set_aside_shows_names_and_types_but_no_values() -> None:
    (aside,) = read(page([changed(LOGIN, created=None, context={"password": "hunter2"})])).set_aside
    assert aside.key == LOGIN["pk"]
    assert aside.action == "login"
    assert aside.excerpt is not None
    assert "context: object" in aside.excerpt
    assert "hunter2" not in aside.excerpt


def test_two_items_without_a_pk_are_told_apart_and_the_same_one_is_known_again() -> None:
    first, second = read(page([{"created": "x"}, {"created": "y"}])).set_aside
    assert first.key != second.key
    assert read(page([{"created": "x"}])).set_aside[0].key == first.key


def test_one_item_nested_beyond_the_stack_costs_that_item_alone() -> None:
    context = '{"created":["2001-01-01T00:00:00Z",' * 50_000 + "1" + "]}" * 50_000
    deep = '{"pk": "deep", "context": ' + context + ', "created": "2026-11-24T03:25:45Z"}'
    text = json.dumps(page([LOGIN, "HERE", changed(LOGIN, pk="other", context={"braces": '"}],[{\\'})]))
    got = read(text.replace('"HERE"', deep).encode())
    assert [row.pk for row in got.rows] == [LOGIN["pk"], "deep", "other"]
    assert [isinstance(row, PlaceOnly) for row in got.rows] == [False, True, False]
    assert got.rows[1].created == "2026-11-24T03:25:45Z", "its own moment, not one from inside"
    assert got.rows[2].context["braces"] == '"}],[{\\'
    assert [(aside.key, aside.reason) for aside in got.set_aside] == [("deep", "nested too deeply")]


def test_numbers_of_any_length_cost_nothing() -> None:
    text = json.dumps(page([changed(LOGIN, context={"huge": "HERE"}), changed(LOGIN, pk="other")]))
    got = read(text.replace('"HERE"', "7" * 10_000).encode())
    assert [row.pk for row in got.rows] == [LOGIN["pk"], "other"]
    text = json.dumps(page([changed(LOGIN, context={"odd": ["HERE"]})]))
    assert len(read(text.replace('"HERE"', "NaN, Infinity, -Infinity, 1e999, 1e-999").encode()).rows) == 1


def test_duplicate_keys_lone_surrogates_and_broken_utf8_cost_nothing() -> None:
    raw = json.dumps(page([changed(LOGIN, user={"username": "\ud800x"}, context={"a": "A", "b": "\u0000"})])).encode()
    raw = raw.replace(b'"A"', b'"\xff\xfe", "a": "second"')
    got = read(raw)
    assert got.rows[0].user["username"] == "\ud800x"
    assert got.rows[0].context["a"] == "second"


def test_unimportant_fields_may_be_missing_or_of_any_type() -> None:
    (row,) = read(page([{"pk": "a", "created": "2026-11-24T03:25:45Z", "new": {"in": "2027"}}])).rows
    assert (row.action, row.app, dict(row.user), dict(row.context), row.client_ip) == ("", None, {}, {}, None)
    (row,) = read(
        page([changed(LOGIN, app=5, client_ip=[], brand="b") | {"user": "x", "context": 1, "action": None}])
    ).rows
    assert (row.action, row.app, dict(row.user), dict(row.context), row.client_ip) == ("", None, {}, {}, None)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), ANY_JSON), ANY_JSON)
def test_no_json_in_any_field_stops_a_page(fields: dict[str, Any], other: object) -> None:
    got = read(page([LOGIN, {**LOGIN, **fields}, other, changed(LOGIN, pk="last")]))
    assert len(got.rows) + len(got.set_aside) == 4
    assert got.rows[0].pk == LOGIN["pk"]
    assert got.rows[-1].pk == "last"


NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)
STRINGS = st.from_regex(r'"([^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}){0,8}"', fullmatch=True)
TEXTS = st.recursive(
    NUMBERS | STRINGS | st.sampled_from(["null", "true", "false", "NaN", "-Infinity", "-0", "01", "1.", "", "'a'"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(st.tuples(STRINGS, inner).map(":".join), max_size=3).map(lambda items: "{" + ",".join(items) + "}")
    ),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.sampled_from(["utf-8", "utf-8-sig"]))
def test_what_is_json_is_read_as_python_reads_it_in_the_same_order(text: str, encoding: str) -> None:
    body = f' {{"a": {text}}}'.encode(encoding, "surrogatepass")
    try:
        due = json.loads(body.decode(errors="replace").lstrip("\ufeff"))
    except ValueError:
        with pytest.raises(SourceGarbled):
            read_object(body)
    else:
        assert repr(read_object(body)) == repr(due)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200) | ANY_JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_comes_instead_of_a_page_is_told_in_one_line(body: bytes) -> None:
    with pytest.raises(SourceGarbled) as caught:
        read(body)
    assert caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html></html>", "HTML instead of JSON"),
        (b"\xef\xbb\xbf  <html>", "HTML instead of JSON"),
        (b"[1, 2]", "a JSON list came back instead of an object"),
        (b"no JSON at all}", "no JSON"),
        (b"hello", "no JSON"),
        (b'{"detail": "x"}', "no list of results"),
        (b'{"results": []}', "no pagination"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_it_says_what_came_instead(body: bytes, told: str) -> None:
    with pytest.raises(SourceGarbled, match=told):
        read(body)


def test_a_page_cut_anywhere_is_told_with_its_length() -> None:
    whole = json.dumps(page([changed(LOGIN, context={"deep": [[1.5, True, None, {"a": "b"}]]})])).encode()
    for length in range(1, len(whole)):
        with pytest.raises(SourceGarbled, match=f"cut after {length:,} bytes|no JSON|no list"):
            read(whole[:length])
    with pytest.raises(SourceGarbled, match="cut after 1,000 bytes"):
        read(json.dumps(page([LOGIN] * 5)).encode()[:1000])


def without(name: str, *names: str, **other: int) -> dict[str, Any]:
    """Page 2 of 5 pages of 100, of 469 rows, without these entries of its pagination."""
    full = {
        "next": 3,
        "previous": 1,
        "count": 469,
        "current": 2,
        "total_pages": 5,
        "start_index": 101,
        "end_index": 200,
    }
    return {key: value for key, value in {**full, **other}.items() if key not in (name, *names)}


@pytest.mark.parametrize("name", ["next", "previous", "current", "total_pages", "start_index", "end_index"])
def test_what_is_missing_of_the_pagination_is_worked_out(name: str) -> None:
    got = read({"pagination": without(name), "results": [LOGIN] * 100}, 2).pagination
    assert (got.next, got.previous, got.count, got.current, got.start_index, got.end_index) == (3, 1, 469, 2, 101, 200)


def test_both_indexes_missing_are_worked_out_from_the_page() -> None:
    got = read({"pagination": without("start_index", "end_index"), "results": [LOGIN] * 100}, 2).pagination
    assert (got.start_index, got.end_index) == (101, 200)
    last = without("start_index", "end_index", current=5, next=0)
    got = read({"pagination": last, "results": [LOGIN] * 69}, 5).pagination
    assert (got.start_index, got.end_index) == (401, 469)


@pytest.mark.parametrize(
    "pagination",
    [
        None,
        [],
        {},
        without("next", "total_pages", "end_index"),
        without("count"),
        without("x", next=2),
        without("x", next=1),
    ],
)
def test_a_pagination_that_does_not_tell_whether_there_is_more_is_no_answer(pagination: object) -> None:
    with pytest.raises(SourceGarbled, match="pagination"):
        read({"pagination": pagination, "results": [LOGIN]}, 2)


def test_an_empty_log_is_a_page() -> None:
    got = read(page([]))
    assert (got.rows, got.pagination.count, got.pagination.next, got.last_index) == ((), 0, 0, 0)

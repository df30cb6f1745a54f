"""Rows of other writers, whatever their shape: read, shown, filtered as far as they go, and never a crash."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import bson
import pytest
from bson import Binary, Code, DatetimeMS, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from hypothesis import given
from hypothesis import strategies as st
from pymongo.database import Database

from dezky_audit_tui.model.event import METADATA_LIMIT, AuditEvent, Person, Target, TenantWhy, event_json
from dezky_audit_tui.model.query import EVERYTHING, Query, Since, Until
from dezky_audit_tui.model.query_match import matches
from dezky_audit_tui.ops.export import csv_line, event_line
from dezky_audit_tui.store.mongo.base import CODEC
from dezky_audit_tui.store.mongo.reading import row_of
from dezky_audit_tui.store.store import Store
from tests.effort import costly
from tests.store import wild
from tests.store.mongo.shapes import DOCUMENTS, platform_rows
from tests.store.samples import NOON, event, events_of, put, query, walk_down, walk_up

Platform = Database[dict[str, Any]]
SECOND = ObjectId.from_datetime(NOON)


@given(DOCUMENTS)
@costly(80)
def test_any_document_is_an_event_that_every_surface_can_show(document: dict[str, Any]) -> None:
    read = bson.decode(bson.encode({"_id": SECOND, **document}), CODEC)
    row = row_of(read)
    assert json.loads(event_line(row.event)) == json.loads(json.dumps(event_json(row.event)))
    assert csv_line(row.event).isprintable()
    assert row.event.at.tzinfo is UTC
    row.event.at.astimezone()
    names = (row.event.actor_name, row.event.action, row.event.source, row.event.tenant_slug)
    assert all(name is None or (isinstance(name, str) and len(name) <= 1_024) for name in names)
    hash((*names, row.event.external_id))
    matches(query("verb:login* actor:a ip:10.0.0.0/8 target:none tenant:none is:unresolved word"), row.event)


def read(**document: Any) -> AuditEvent:
    return row_of(bson.decode(bson.encode({"_id": SECOND, **document}), CODEC)).event


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"at": NOON}, {"at": NOON}),
        ({"createdAt": NOON + timedelta(seconds=1)}, {"at": NOON + timedelta(seconds=1)}),
        ({"timestamp": "2026-11-24T13:00:00+01:00"}, {"at": NOON}),
        ({"at": "2026-11-24T12:00:00.000Z"}, {"at": NOON}),
        ({"at": "2026-11-24 12:00:00"}, {"at": NOON}),
        ({"at": int(NOON.timestamp() * 1000)}, {"at": NOON}),
        ({"at": NOON.timestamp()}, {"at": NOON}),
        ({"at": str(int(NOON.timestamp()))}, {"at": NOON}),
        ({"at": "soon", "createdAt": None, "timestamp": 5}, {"at": NOON}),
        ({"at": DatetimeMS(2**62)}, {"at": datetime(9998, 12, 31, tzinfo=UTC)}),
        ({"action": None, "verb": "user.created"}, {"action": "user.created"}),
        ({"event": "user.created"}, {"action": "user.created"}),
        ({"type": "user.created"}, {"action": "user.created"}),
        ({}, {"action": "unknown", "source": "unknown", "outcome": "unknown"}),
        (
            {"actor": {"id": 7, "name": "Ana", "email": "ana@x", "ip": "10.0.0.1"}},
            {"actor_id": "7", "actor_name": "Ana", "actor_email": "ana@x", "actor_ip": "10.0.0.1"},
        ),
        ({"actor": "Ana"}, {"actor_name": "Ana"}),
        ({"actorName": "Bo", "actor": "Ana"}, {"actor_name": "Bo", "metadata": {"actor": "Ana"}}),
        ({"user": {"_id": SECOND, "username": "ana"}}, {"actor_id": str(SECOND), "actor_name": "ana"}),
        ({"userId": Int64(7), "userEmail": "ana@x"}, {"actor_id": "7", "actor_email": "ana@x"}),
        ({"target": "Admins"}, {"target": Target(name="Admins")}),
        ({"targetType": "group", "targetId": 7}, {"target": Target("group", "7")}),
        ({"resource": {"type": "group", "name": "x"}}, {"target": Target("group", None, "x")}),
        ({"onBehalfOf": "Bo"}, {"on_behalf_of": Person(name="Bo")}),
        ({"outcome": "OK"}, {"outcome": "unknown", "metadata": {"outcome": "OK"}}),
        ({"metadata": "note"}, {"metadata": {"metadata": "note"}}),
        ({"externalId": "x-1"}, {"external_id": "x-1", "metadata": {}}),
        ({"externalId": 7}, {"external_id": None, "metadata": {"externalId": 7}}),
        ({"externalId": Code("f()")}, {"external_id": None, "metadata": {"externalId": "f()"}}),
        ({"extra": {"a": [1, SECOND]}}, {"metadata": {"extra": {"a": [1, str(SECOND)]}}}),
        ({"actor": {"name": "Ana", "team": "ops"}}, {"actor_name": "Ana", "metadata": {"actor": {"team": "ops"}}}),
        ({"metadata": {"a": 1}, "a": 2}, {"metadata": {"a": 1, "a (of the row)": 2}}),
        ({"tenantWhy": {"reason": "because"}}, {"tenant_why": None, "metadata": {"tenantWhy": {"reason": "because"}}}),
    ],
)
def test_what_is_known_is_found_where_it_may_be_and_the_rest_is_shown(
    document: dict[str, Any], expected: dict[str, Any]
) -> None:
    event = read(**document)
    assert {name: getattr(event, name) for name in expected} == expected


def test_a_huge_document_is_cut_to_what_a_screen_can_hold() -> None:
    event = read(blob="x" * 1_000_000, many=["y" * 100] * 10_000, deep=_nested(100), actorName="z" * 1_000_000)
    assert len(json.dumps(event.metadata)) < 4 * METADATA_LIMIT
    assert len(event.actor_name or "") == 1_024


@given(rows=st.lists(platform_rows(), max_size=12), own=st.integers(0, 3), page=st.integers(1, 5))
@costly(10)
async def test_pages_reach_every_row_once_and_in_order(
    store: Store, platform: Platform, rows: list[dict[str, Any]], own: int, page: int
) -> None:
    platform.auditevents.delete_many({})
    stored = _insert(platform, rows)
    await put(store, *(event(number) for number in range(own)))
    down = await walk_down(store, "", page)
    assert len(down) == stored + own
    assert [row.position for row in down] == sorted((row.position for row in down), reverse=True)
    assert await walk_up(store, "", page) == down[::-1]
    assert await store.count(EVERYTHING) == len(down)
    assert sum((await store.counts()).values()) == len(down)
    assert sum(each.count for each in await store.action_counts()) == len(down)
    await store.tenant_counts()
    for row in down:
        assert await store.get(row.position) == row


@given(rows=st.lists(platform_rows(), min_size=1, max_size=12), filters=st.lists(wild.queries(wild.TEXTS), max_size=3))
@costly(10)
async def test_filters_agree_with_the_plain_rule_on_rows_of_the_platforms_services(
    store: Store, platform: Platform, rows: list[dict[str, Any]], filters: list[Query]
) -> None:
    platform.auditevents.delete_many({})
    _insert(platform, rows)
    every = await walk_down(store, "", 100)
    for each in filters:
        untimed = Query(tuple(term for term in each.terms if not isinstance(term.condition, Since | Until)))
        expected = [row for row in every if matches(untimed, row.event)]
        found: list[Any] = []
        while part := await store.older(untimed, found[-1].position if found else None, 3):
            found += part
        assert found == expected
        assert await store.newer(untimed, None, 100) == expected[::-1]
        if untimed.terms:
            assert await store.count(untimed) == len(expected)
        await store.older(each, None, 3)
        await store.count(each)


NO_TEXTS: list[dict[str, Any]] = [
    {"actor": SECOND},
    {"actor": {"id": 1, "name": SECOND}},
    {"actorName": 4711},
    {"actorName": True},
    {"actorName": NOON},
    {"targetId": SECOND},
    {"target": {"type": "user", "id": Int64(4711)}},
    {"entityId": 4711.5},
    {"resourceId": Decimal128("4711")},
    {"resource": {"id": Binary(SECOND.binary + b"\0" * 4, 4)}},
    {"actor": ["ana"], "user": "ana"},
    {"actorName": ["ana"]},
    {"target": [{"type": "user", "id": "4711", "name": "ana"}]},
    {"target": {"name": ["ana"]}},
    {"recordedAt": NOON, "actor": {"name": "ana"}},
]


@pytest.mark.parametrize(
    "text",
    [
        *(f"actor:{str(SECOND)[:6]}*", f"target:{SECOND}", str(SECOND)[2:8]),
        *("4711", "actor:4711", "target:4711", "target:4711*", "actor:true", "actor:2026-11*", "ana", "actor:ana"),
        *("target:ana", "actor:none", "target:none", "target:*"),
    ],
)
async def test_names_that_are_no_text_are_found_as_they_are_shown(store: Store, platform: Platform, text: str) -> None:
    await put(store, event(0), event(1, actor_name="4711"))
    platform.auditevents.insert_many([{"at": NOON, **each} for each in NO_TEXTS])
    every = await walk_down(store, "", 100)
    for each in (text, f"!{text}"):
        expected = [row for row in every if matches(query(each), row.event)]
        assert await walk_down(store, each, 4) == expected
        assert await store.count(query(each)) == len(expected)


ONE_ID = UUID(int=7)
OF_ONE_VALUE: list[Any] = [
    *("acme", "4711", "", None, 4711, 4711.0, 4711.5, Int64(2**40), Decimal128("47.11"), SECOND, NOON, True),
    *(Binary(ONE_ID.bytes, 4), ["acme"], ["203.0.113.9"], [4711], [SECOND], [], {"a": 1}, [{"a": 1}], "203.0.113.9"),
]
"""What may stand where one text belongs."""


@pytest.mark.parametrize("field", ["tenant", "verb", "source", "ip"])
async def test_a_field_of_one_value_is_found_and_counted_as_it_is_shown_whatever_its_type(
    store: Store, platform: Platform, field: str
) -> None:
    path = {"tenant": "tenantSlug", "verb": "action", "source": "source", "ip": "actorIp"}[field]
    await put(store, event(0), event(1, tenant_slug=None, actor_ip=None))
    platform.auditevents.insert_many([{"at": NOON, path: each} for each in OF_ONE_VALUE])
    platform.auditevents.insert_many(
        [{"at": NOON, "event": {"a": 1}, "type": "acme"}, {"at": NOON, "verb": ["acme"]}, {"at": NOON, "ip": [4711]}]
    )
    every = await walk_down(store, "", 100)
    values = ["203.0.113.9"]
    if field == "ip":
        values += ["none", "203.0.113.*", "203.0.113.0/24", "203.0.113.9/32", "::/0"]
    else:
        values += ["acme", "4711", "47*", "*11", "*7*", "*", "4711.5", "47.11", "true", str(SECOND), "6a*"]
        values += ["2026-11-24T12:00:00.000Z", str(ONE_ID), "acme,4711", "unknown", "11", "5"]
        values += ["none"] if field == "tenant" else []
    for value in values:
        for text in (f'{field}:"{value}"' if ":" in value else f"{field}:{value}",):
            for each in (text, f"!{text}"):
                expected = [row for row in every if matches(query(each), row.event)]
                assert await walk_down(store, each, 4) == expected, each
                assert await store.count(query(each)) == len(expected), each
    assert await store.counts() == Counter(row.event.source for row in every)
    actions: Counter[str] = Counter()
    for found in await store.action_counts():
        actions[found.action] += found.count
    assert actions == Counter(row.event.action for row in every)
    tenants = Counter(row.event.tenant_slug for row in every if row.event.tenant_slug is not None)
    assert (await store.tenant_counts()).tenants == tenants


async def test_a_list_of_several_stands_for_its_first_value_and_is_shown_whole_in_the_detail(
    store: Store, platform: Platform
) -> None:
    platform.auditevents.insert_one({"at": NOON, "tenantSlug": ["acme", "globex"], "actorIp": ["10.0.0.1", "::1"]})
    platform.auditevents.insert_one({"at": NOON, "action": ["login", "other"], "source": ["here", None]})
    every = await walk_down(store, "", 10)
    assert every[1].event.metadata == {"tenantSlug": ["acme", "globex"], "actorIp": ["10.0.0.1", "::1"]}
    finds = {"tenant:acme": 1, "tenant:globex": 0, "tenant:*": 1, "ip:10.0.0.1": 1, "ip:::1": 0, "ip:10.0.0.0/8": 1}
    finds |= {"verb:login": 1, "verb:other": 0, "verb:unknown": 1, "source:here": 1, "source:unknown": 1}
    finds |= {"tenant:none": 1, "tenant:globex verb:other": 0, "tenant:acme !verb:other": 1, "ip:none": 1}
    for text, number in finds.items():
        found = await walk_down(store, text, 10)
        assert found == [row for row in every if matches(query(text), row.event)], text
        assert len(found) == await store.count(query(text)) == number, text


async def test_code_where_a_text_belongs_stops_no_pane(store: Store, platform: Platform) -> None:
    why = {"reason": "no_such_tenant", "groups": ["blue", Code("f()")], "stripped": [Code("f()")]}
    platform.auditevents.insert_one({"action": "a", "metadata": {"rawAction": Code("f()")}, "tenantWhy": why})
    assert (await store.tenant_counts()).unknown_groups == {"blue": 1}
    assert [(each.action, each.raw) for each in await store.action_counts()] == [("a", None)]


async def test_lists_where_one_value_belongs_stop_neither_the_panes_nor_the_pull(
    store: Store, platform: Platform
) -> None:
    await put(store, event(1, tenant_why=TenantWhy("no_such_tenant", "7", ("blue",))))
    platform.auditevents.insert_one(
        {"source": "authentik", "externalId": ["id-8", "id-9"], "tenantWhy": [{"reason": "no_such_tenant"}]}
    )
    assert (await store.tenant_counts()).unknown_groups == {"blue": 1}
    assert await store.known("authentik", ["id-1", "id-9"]) == {"id-1"}


async def test_rows_without_a_date_stand_at_the_second_of_their_id_and_those_without_any_time_at_the_end(
    store: Store, platform: Platform
) -> None:
    await put(store, event(0), event(10), event(20))
    made_at_5, made_at_15 = (ObjectId.from_datetime(NOON + timedelta(seconds=second)) for second in (5, 15))
    platform.auditevents.insert_many(
        [
            {"_id": made_at_5, "action": "a"},
            {"_id": made_at_15, "action": "b", "at": "2026-11-24T12:00:15Z"},
            {"_id": "no time at all", "action": "c"},
            {"_id": 7, "action": "d", "at": 7},
            {"_id": "a date", "action": "e", "at": NOON + timedelta(seconds=12)},
        ]
    )
    shown = [each.action.removeprefix("authentik.") for each in events_of(await walk_down(store, "", 2))]
    assert shown == ["login", "b", "e", "login", "a", "login", "c", "d"]
    since = "since:2026-11-24T12:00:05"
    assert [each.action[-1] for each in events_of(await walk_down(store, since, 2))] == ["n", "b", "e", "n", "a"]
    assert await store.count(query(since)) == 5
    assert await store.count(query(f"!{since}")) == 3
    assert await store.count(query("until:2026-11-24T12:00:15")) == 6


async def test_the_filter_finds_what_other_writers_name_otherwise(store: Store, platform: Platform) -> None:
    platform.auditevents.insert_many(
        [
            {"_id": 1, "at": NOON, "verb": "platform.login", "actor": {"email": "ANA@x"}, "ip": "10.1.2.3"},
            {"_id": 2, "at": NOON, "event": "logout", "user": {"name": "Ana"}, "target": "Admins"},
            {"_id": 3, "at": NOON, "action": "login", "actorName": "Bo", "resource": {"name": "Straße"}},
        ]
    )

    async def found(text: str) -> list[str]:
        return [
            row.position.tie[-3:]
            for row in await store.older(query(text), None, 10)
            if isinstance(row.position.tie, str)
        ]

    one, two, three = (
        row.position.tie[-3:] for row in await walk_up(store, "", 10) if isinstance(row.position.tie, str)
    )
    assert await found("verb:login") == [three, one]
    assert await found("!verb:login") == [two]
    assert await found("actor:ana*") == [two, one]
    assert await found("ip:10.1.0.0/16") == [one]
    assert await found("ip:10.1.2.3") == [one]
    assert await found("target:admins") == [two]
    assert await found("STRASSE") == [three]
    assert await found("source:unknown outcome:unknown") == [three, two, one]


async def test_a_moment_and_an_id_of_any_type_are_reached(store: Store, platform: Platform) -> None:
    scalars = [Timestamp(1, 2), Decimal128("1"), Binary(b"x", 5), True, {"a": 1}]
    odd = [
        *scalars,
        Code("f()"),
        Code("f()", {"x": 1}),
        Regex("a"),
        MinKey(),
        MaxKey(),
        "soon",
        7,
        7.5,
        ObjectId(),
        None,
        [],
        [NOON],
    ]
    platform.auditevents.insert_many([{"at": each} for each in odd])
    platform.auditevents.insert_many([{"_id": each, "at": 7} for each in scalars])
    await put(store, event(1))
    rows = await walk_down(store, "", 3)
    assert len({row.position for row in rows}) == len(odd) + len(scalars) + 1
    assert [row.position for row in rows] == sorted((row.position for row in rows), reverse=True)
    assert await walk_up(store, "", 3) == rows[::-1]
    assert [await store.get(row.position) for row in rows] == rows
    assert await store.count(query("!source:authentik")) == len(rows) - 1


async def test_a_list_for_a_moment_stops_no_page(store: Store, platform: Platform) -> None:
    platform.auditevents.insert_many(
        [{"_id": 1, "at": [NOON, None]}, {"_id": SECOND, "at": []}, {"_id": 2, "at": {"a": NOON}}]
    )
    await put(store, event(1))
    rows = await walk_down(store, "", 1)
    assert len(rows) == 4
    assert await walk_up(store, "", 1) == rows[::-1]


def _insert(platform: Platform, rows: list[dict[str, Any]]) -> int:
    """Those whose `_id` is there already are left out."""
    ids = {json.dumps(row["_id"], default=str) if "_id" in row else id(row): row for row in rows}
    if ids:
        platform.auditevents.insert_many([dict(row) for row in ids.values()])
    return len(ids)


def _nested(depth: int) -> dict[str, Any]:
    return {"a": _nested(depth - 1)} if depth else {}

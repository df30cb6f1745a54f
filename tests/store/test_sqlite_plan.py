"""SQLite: no filter that an index serves looks at every row, or sorts. By the planner's word, never by the clock."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import get_args

import pytest

from dezky_audit_tui.model.event import AuditEvent, Person, Position, TenantWhy
from dezky_audit_tui.model.instants import to_ms
from dezky_audit_tui.store.sqlite.conditions import network_range
from dezky_audit_tui.store.sqlite.lanes import Lane
from dezky_audit_tui.store.sqlite.live import SqliteFollower
from dezky_audit_tui.store.sqlite.plan import Plan, make_plan
from dezky_audit_tui.store.sqlite.strides import Direction, stretches
from dezky_audit_tui.store.sqlite.timeline import count, page_sql
from tests.store.houses import SqliteHouse
from tests.store.samples import NOON, event, put, query

PLACE = Position(to_ms(NOON + timedelta(seconds=300)), 200)


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[sqlite3.Connection]:
    """To a store of some hundred events of many kinds."""
    house = SqliteHouse(tmp_path)
    store = await house.enter()
    await put(store, *(_event(number) for number in range(600)))
    await store.close()
    with closing(sqlite3.connect(house.path)) as connection:
        yield connection


def plan_of(connection: sqlite3.Connection, text: str) -> Plan:
    return make_plan(connection, query(text))


def steps(connection: sqlite3.Connection, plan: Plan) -> list[str]:
    """What SQLite says that it will do for pages in both directions, from both ends and from the middle."""
    found: list[str] = []
    for direction in get_args(Direction):
        for than in (None, PLACE):
            for stretch in stretches(connection, plan, than, direction):
                statement = page_sql(plan, stretch, 100, direction)
                explained = connection.execute(f"EXPLAIN QUERY PLAN {statement.text}", statement.values)
                found += [row[3] for row in explained]
    return found


@pytest.mark.parametrize(
    ("text", "indexes"),
    [
        ("tenant:acme", {"events_tenant"}),
        ("tenant:none", {"events_tenant"}),
        ("tenant:acme,globex,none", {"events_tenant"}),
        ("!tenant:acme", {"events_tenant"}),
        ("verb:login", {"events_action"}),
        ("verb:log*", {"events_action"}),
        ("!verb:login", {"events_action"}),
        ("source:authentik", {"events_source"}),
        ("outcome:failure", {"events_outcome"}),
        ("actor:user-1", {"events_name", "events_email"}),
        ("actor:user-1*", {"events_name"}),
        ("actor:none", {"events_name"}),
        ("ip:none", {"events_ip"}),
        ("ip:198.51.100.4", {"events_ip"}),
        ("ip:198.51.100.0/28", {"events_ip"}),
        ("is:unmapped", {"events_unmapped"}),
        ("is:impersonated", {"events_impersonated"}),
        ("is:unresolved", {"events_unresolved"}),
        ("is:unresolved,impersonated", {"events_unresolved", "events_impersonated"}),
        ("tenant:acme verb:login_failed since:2026-11-24T12:00:10", {"events_action"}),
        ("since:2026-11-24T12:00:10 until:2026-11-24T12:00:20", {"events_at"}),
    ],
)
def test_an_indexed_filter_walks_its_index_in_order(
    connection: sqlite3.Connection, text: str, indexes: set[str]
) -> None:
    plan = plan_of(connection, text)
    assert {branch.index for branch in plan.branches} == indexes
    for step in steps(connection, plan):
        assert "TEMP B-TREE" not in step
        if text.startswith(("is:", "since:")):
            assert not step.startswith("SCAN") or " INDEX events_" in step
        else:
            assert not step.startswith("SCAN")


def test_the_unfiltered_timeline_reads_its_index_from_the_end(connection: sqlite3.Connection) -> None:
    found = steps(connection, plan_of(connection, ""))
    assert all("USING COVERING INDEX events_at" in step for step in found)


def test_free_text_reads_an_index_that_holds_it_and_not_the_rows(connection: sqlite3.Connection) -> None:
    for text in ("mallory", '"two words" other', "!mallory", "mallory since:2026-11-24T12:00:10"):
        assert all("USING COVERING INDEX events_at" in step for step in steps(connection, plan_of(connection, text)))


@pytest.mark.parametrize(
    "text",
    [
        "tenant:globex verb:login outcome:failure",
        "tenant:none !verb:login",
        "verb:login_failed actor:ana",
        "verb:login_failed ip:198.51.100.3",
        "tenant:globex actor:none",
        "tenant:globex mallory",
    ],
)
def test_what_other_indexes_know_is_not_read_from_the_rows(connection: sqlite3.Connection, text: str) -> None:
    for step in steps(connection, plan_of(connection, text)):
        assert " COVERING INDEX " in step or step.startswith(("CORRELATED", "COMPOUND", "MERGE", "LEFT", "RIGHT"))


def test_names_and_addresses_are_sought_among_the_words_of_the_timeline(connection: sqlite3.Connection) -> None:
    for text in ("actor:*nowhere", "ip:10.1.*", "actor:*nowhere ip:10.1.*"):
        plan = plan_of(connection, text)
        assert [branch.index for branch in plan.branches] == ["events_at"]
        assert plan.rest.text.startswith("CASE WHEN (instr(words, ?) > 0) IS NOT TRUE THEN 0 ")


def test_the_shortest_walk_is_taken(connection: sqlite3.Connection) -> None:
    assert plan_of(connection, "tenant:acme verb:login_failed").branches[0].index == "events_action"
    assert plan_of(connection, "tenant:globex verb:login").branches[0].index == "events_tenant"
    assert plan_of(connection, "verb:login actor:user-7").branches[0].index == "events_name"
    assert plan_of(connection, "tenant:globex actor:busy").branches[0].index == "events_tenant"
    assert plan_of(connection, "tenant:globex mallory").branches[0].index == "events_tenant"
    assert plan_of(connection, "tenant:acme mallory").branches[0].index == "events_at"


def test_what_cannot_match_is_not_looked_for(connection: sqlite3.Connection) -> None:
    for text in ("tenant:nobody", "verb:login verb:logout", "outcome:denied", "!source:authentik"):
        assert plan_of(connection, text).branches == ()
    assert plan_of(connection, "actor:nobody").known is None


def test_counts_of_tenants_and_verbs_are_known(connection: sqlite3.Connection) -> None:
    assert plan_of(connection, "").known == 600
    assert plan_of(connection, "tenant:globex").known == 60
    assert plan_of(connection, "!tenant:globex tenant:acme").known == 480
    assert plan_of(connection, "tenant:globex since:1h").known is None
    assert plan_of(connection, "tenant:globex verb:login").known is None


@pytest.mark.parametrize(
    ("text", "rows"), [("!actor:user-2", 570), ("!is:impersonated", 594), ("tenant:acme !ip:198.51.100.3", 420)]
)
def test_of_a_negation_what_it_leaves_out_is_counted(connection: sqlite3.Connection, text: str, rows: int) -> None:
    connection.set_progress_handler(lambda: True, 3_000)  # steps: to look at every row takes more
    assert count(connection, query(text)) == rows


def test_a_wide_network_is_walked_by_its_addresses_and_counted_as_a_whole(connection: sqlite3.Connection) -> None:
    wide = "ip:198.51.100.0/24"
    keys = [(network_range(ip_network(f"198.51.100.{number % 200}"))[0], number) for number in range(1, 601)]
    connection.executemany("UPDATE events SET actor_ip_key = ? WHERE id = ?", keys)
    plan = plan_of(connection, wide)
    assert len(plan.branches) == 200
    assert not any("TEMP B-TREE" in step for step in steps(connection, plan))
    counting = make_plan(connection, query(wide), ordered=False)
    assert len(counting.branches) == 1
    assert count(connection, query(wide)) == 600
    assert count(connection, query(f"{wide} verb:logout")) == count(connection, query("verb:logout"))


async def test_where_nothing_was_written_a_follower_reads_one_number(tmp_path: Path) -> None:
    house = SqliteHouse(tmp_path)
    store = await house.enter()
    statements: list[str] = []

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(house.path, isolation_level=None)
        connection.set_trace_callback(statements.append)
        return connection

    lane = Lane("traced", house.path, connect)
    follower = SqliteFollower(lane, house.path.with_name("audit.db-wal"))
    await follower.start()
    await put(store, event(1))
    assert len((await follower.poll()).rows) == 1
    statements.clear()
    await follower.poll()
    assert statements == ["PRAGMA data_version"]
    await lane.close()
    await store.close()


def _event(number: int) -> AuditEvent:
    tenth = number % 10
    return event(
        number,
        action=("authentik.login_failed", "authentik.logout", "authentik.login")[min(number % 30, 2)],
        outcome="failure" if number % 30 == 0 else "success",
        actor_name="busy" if number % 2 else f"user-{number % 20}",
        actor_email=None,
        actor_ip=f"198.51.100.{tenth}",
        tenant_slug={0: "globex", 1: None}.get(tenth, "acme"),
        tenant_why=TenantWhy("no_groups" if tenth == 1 else "matched"),
        on_behalf_of=Person("9") if number % 100 == 5 else None,
        metadata={"unmapped": True} if number % 100 == 6 else {},
    )

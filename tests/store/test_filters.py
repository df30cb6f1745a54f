"""The filter language against stored rows: each store agrees with the plain rule of `query_match`."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.model.event import AuditEvent, Person, Position, Target, TenantWhy
from dezky_audit_tui.model.query import Query
from dezky_audit_tui.model.query_match import matches
from dezky_audit_tui.model.tenants import Resolution
from dezky_audit_tui.store.store import Store
from tests.effort import costly
from tests.store import wild
from tests.store.houses import House
from tests.store.samples import event, events_of, failed_lookup, ids, put, query, take_lease, walk_down, walk_up

EVENTS = [
    event(1),
    event(
        2,
        action="authentik.login_failed",
        outcome="failure",
        actor_name="mallory",
        actor_email=None,
        actor_ip="198.51.100.4",
    ),
    event(3, action="platform.mailbox.login", source="platform", actor_ip="2001:db8::4", tenant_slug="globex"),
    event(
        4, actor_name="Åse O'Hara", actor_email="ASE@Globex.example", tenant_slug="globex", actor_ip="::ffff:10.1.2.3"
    ),
    event(
        5, action="authentik.model_updated", target=Target("group", "g-7", "authentik Admins"), on_behalf_of=Person("9")
    ),
    event(6, action="authentik.odd", actor_name=None, actor_email=None, actor_ip=None, metadata={"unmapped": True}),
    event(7, tenant_slug=None, tenant_why=TenantWhy("no_groups")),
    event(8, tenant_slug=None, tenant_why=None, actor_name="100%_*", outcome="denied"),
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "87654321"),
        ("tenant:globex", "43"),
        ("tenant:globex,acme", "654321"),
        ("tenant:none", "87"),
        ("!tenant:none", "654321"),
        ('tenant:"none"', ""),
        ("tenant:g*", "43"),
        ("tenant:ACME", ""),
        ("verb:login", "87431"),
        ("verb:login*", "874321"),
        ("verb:*failed", "2"),
        ("verb:authentik.login", "8741"),
        ("verb:mailbox.login", ""),
        ("verb:platform.*", "3"),
        ("-verb:login*", "65"),
        ("verb:login,odd", "876431"),
        ("actor:MALLORY", "2"),
        ("actor:ase@globex.example", "4"),
        ("actor:åse*", "4"),
        ("actor:*@acme.example", "87531"),
        ("actor:none", "6"),
        ("!actor:mallory", "8765431"),
        ('actor:"100%_*"', "8"),
        ("actor:%", ""),
        ("actor:_na*", ""),
        ("ip:198.51.100.4", "2"),
        ("ip:198.51.100.0/24,2001:db8::/64", "32"),
        ("ip:10.0.0.0/8", "4"),
        ("ip:203.0.113.*", "8751"),
        ("!ip:0.0.0.0/0", "63"),
        ("ip:none", "6"),
        ("source:platform", "3"),
        ("!source:authentik", "3"),
        ("outcome:failure,denied", "82"),
        ("outcome:f*", "2"),
        ("target:group", "5"),
        ('target:"AUTHENTIK admins"', "5"),
        ("target:*admins", "5"),
        ("target:admins", ""),
        ("target:none", "8764321"),
        ("is:unmapped", "6"),
        ("is:impersonated,unmapped", "65"),
        ("is:unresolved", "7"),
        ("!is:unresolved", "8654321"),
        ("since:2026-11-24T12:00:04 until:2026-11-24T12:00:06", "54"),
        ("!since:2026-11-24T12:00:04", "321"),
        ("mallory", "2"),
        ("ADMINS", "5"),
        ('"authentik a"', "5"),
        ("198.51", "2"),
        ("2001:db8::4", "3"),
        ("login_", "2"),
        ("!login", "65"),
        ("o'hara åse", "4"),
        ("%", "8"),
        ("verb:login actor:ana* !source:platform tenant:acme", "1"),
        ("verb:nothing", ""),
        ("tenant:acme tenant:globex", ""),
    ],
)
async def test_a_filter_finds(store: Store, text: str, found: str) -> None:
    await put(store, *EVENTS)
    assert "".join(str(each).removeprefix("id-") for each in await ids(store, text)) == found
    assert await store.count(query(text)) == len(found)


@costly(15)
@given(
    events=wild.events(wild.TEXTS),
    queries=st.lists(wild.queries(wild.TEXTS), min_size=1, max_size=12),
    page=st.integers(1, 30),
)
async def test_a_store_agrees_with_the_plain_rule(
    new_house: Callable[[], House], events: list[AuditEvent], queries: list[Query], page: int
) -> None:
    store = await new_house().enter()
    await put(store, *events)
    rows = await walk_down(store, "", 100)
    for each in queries:
        expected = [row for row in rows if matches(each, row.event)]
        assert await _all(store, each, page) == expected
        assert list(await store.newer(each, None, 100)) == expected[::-1]
        assert await store.count(each) == len(expected)
    await store.close()


async def test_a_row_that_fits_more_than_one_value_is_found_once(store: Store) -> None:
    both = event(1, metadata={"unmapped": True}, on_behalf_of=Person("9"), actor_name="ana", actor_email="ANA")
    await put(store, both, event(2, on_behalf_of=Person("9")))
    for text, found in [
        ("is:unmapped,impersonated,unmapped", ["id-2", "id-1"]),
        ("actor:ana", ["id-1"]),
        ("actor:ana,an*,ANA", ["id-2", "id-1"]),
        ("ip:203.0.113.1,203.0.113.0/24,203.0.113.1/32", ["id-2", "id-1"]),
        ("verb:login,*login,authentik.login", ["id-2", "id-1"]),
    ]:
        assert await ids(store, text) == found
        assert await store.count(query(text)) == len(found)


async def test_more_tenants_than_a_statement_can_walk_one_by_one(store: Store) -> None:
    await put(store, *(event(number, tenant_slug=f"tenant-{number:03}") for number in range(120)))
    assert len(await walk_down(store, "tenant:tenant-*", 50)) == 120
    assert await store.count(query("!tenant:tenant-007")) == 119
    assert "id-7" not in await ids(store, "!tenant:tenant-007")
    assert await ids(store, "tenant:*7,*8 !tenant:*1*") == [
        f"id-{number}" for number in range(119, -1, -1) if number % 10 in (7, 8) and "1" not in f"{number:03}"
    ]


async def test_more_addresses_and_names_than_a_statement_can_walk_one_by_one(store: Store) -> None:
    await put(
        store,
        *(event(number, actor_ip=f"10.0.{number % 3}.{number}", actor_name=f"User {number}") for number in range(150)),
    )
    assert events_of(await walk_up(store, "ip:10.0.0.0/16", 40)) == events_of(await walk_up(store, "", 500))
    assert await store.count(query("ip:10.0.1.0/24,10.0.0.0/23")) == 100
    assert len(await walk_down(store, "actor:user*", 40)) == 150
    assert await ids(store, "actor:user* ip:10.0.2.149") == ["id-149"]


async def test_a_page_finds_values_that_no_row_had_at_the_page_before(store: Store) -> None:
    await put(store, event(1))
    texts = [
        "tenant:*",
        "verb:log*",
        "actor:a*",
        "ip:203.0.113.0/24",
        "outcome:success,denied",
        "is:unmapped",
        "tenant:none",
    ]
    for text in texts:
        await ids(store, text)
    other = event(
        2, tenant_slug="globex", action="authentik.logout", actor_name="ase", actor_ip="203.0.113.9", outcome="denied"
    )
    await put(store, other, failed_lookup(3), event(4, metadata={"unmapped": True}))
    assert [await ids(store, text) for text in texts] == [
        ["id-4", "id-2", "id-1"],
        ["id-4", "id-3", "id-2", "id-1"],
        ["id-4", "id-3", "id-2", "id-1"],
        ["id-4", "id-3", "id-2", "id-1"],
        ["id-4", "id-3", "id-2", "id-1"],
        ["id-4"],
        ["id-3"],
    ]
    [row] = await store.unresolved("authentik", 10)
    lease = await take_lease(store)
    await store.resolve({row.position: Resolution("initech", TenantWhy("matched"))}, lease)
    assert await ids(store, "tenant:*") == ["id-4", "id-3", "id-2", "id-1"]
    assert await ids(store, "tenant:none") == []


async def _all(store: Store, wanted: Query, page: int) -> list[object]:
    rows: list[object] = []
    than: Position | None = None
    while found := await store.older(wanted, than, page):
        rows += found
        than = found[-1].position
    return rows
